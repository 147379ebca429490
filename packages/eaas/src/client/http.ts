import type { Bytes } from "@starling/kernel"
import { PASSAGE_HEADER, readPassage } from "../channel/passage.ts"
import { Unreachable } from "../ports.ts"
import { MAX_EPOCH_BYTES, MAX_FRAME_BYTES } from "../protocol.ts"
import { platformFrom, type LocalProviderEntry, type Platform } from "./platform.ts"
import type { AuthenticationApi, Tap } from "./ports.ts"

export const DISCOVERY_PATH = "/.well-known/starling-eaas"

/** Time for one exchange, the PVS's verification included. In milliseconds. */
const PATIENCE = 15_000

export interface Discovered {
  readonly platform: Platform
  /** From the fragment of the URL, which never leaves this device; empty where there was none. */
  readonly enrolmentCode: string
}

/** Finds a platform by `http://host:port/#CODE`. Throws `Unreachable`. */
export async function discover(url: string, signal: AbortSignal): Promise<Discovered> {
  const address = URL.parse(url)
  if (address === null) throw new Unreachable(`${url} is no address`)
  const enrolmentCode = decodeURIComponent(address.hash.slice(1))
  const base = new URL(DISCOVERY_PATH, address).href
  const body = await exchange(base, undefined, 64 * 1024, signal)
  if (body === undefined) throw new Unreachable(`no entropy platform at ${address.origin}`)
  const platform = platformFrom(parseJson(body), base)
  if (platform.kind === "malformed") throw new Unreachable(`no entropy platform at ${address.origin}: ${platform.why}`)
  return { platform: platform.value, enrolmentCode }
}

export class HttpAuthentication implements AuthenticationApi {
  readonly #base: string

  constructor(platform: Platform) {
    this.#base = platform.authentication.url
  }

  async register(registration: Bytes, signal: AbortSignal): Promise<Bytes> {
    return present(await exchange(join(this.#base, "registrations"), registration, MAX_FRAME_BYTES, signal))
  }

  async newestEpoch(signal: AbortSignal): Promise<Bytes | undefined> {
    return await exchange(join(this.#base, "epochs/newest"), undefined, MAX_FRAME_BYTES, signal)
  }

  async leaves(epoch: number, revision: number, signal: AbortSignal): Promise<Bytes> {
    return present(
      await exchange(join(this.#base, `epochs/${epoch}/${revision}/leaves`), undefined, MAX_EPOCH_BYTES, signal),
    )
  }
}

/** A tap over HTTP, for Local Providers on this machine or network. */
export class LoopbackTap implements Tap {
  readonly path = "loopback tap"
  readonly #url: string

  constructor(localProvider: LocalProviderEntry) {
    this.#url = localProvider.url
  }

  async transceive(request: Bytes, signal: AbortSignal, told?: (channel: string) => void): Promise<Bytes> {
    const headers = (given: Headers): void => {
      const channel = readPassage(given.get(PASSAGE_HEADER))
      if (channel !== undefined) told?.(channel)
    }
    return present(await exchange(join(this.#url, "requests"), request, MAX_FRAME_BYTES, signal, headers))
  }

  settled(): void {}
}

/** One POST, or one GET where there is no body, on a connection of its own and without any identity. 404 is `undefined`. */
export async function exchange(
  url: string,
  body: Bytes | undefined,
  max: number,
  signal: AbortSignal,
  onHeaders?: (headers: Headers) => void,
): Promise<Bytes | undefined> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      ...(body !== undefined && { body, headers: { "content-type": "application/octet-stream" } }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    })
    const bytes = await readBounded(response, max)
    if (response.status === 404) return undefined
    if (!response.ok) throw new Unreachable(`${url} answers with status ${response.status}`)
    onHeaders?.(response.headers)
    return bytes
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof Unreachable ? cause : new Unreachable(`${url} can't be reached`, { cause })
  }
}

async function readBounded(response: Response, max: number): Promise<Bytes> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > max) throw new Unreachable(`${response.url} answers with more than ${max} bytes`)
    parts.push(part)
  }
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function present(bytes: Bytes | undefined): Bytes {
  if (bytes === undefined) throw new Unreachable("the platform has moved: what it names is not there")
  return bytes
}

function join(base: string, path: string): string {
  return new URL(path, base.endsWith("/") ? base : `${base}/`).href
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
