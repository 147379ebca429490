import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"

import type { Bytes } from "@starling/kernel"
import type { CertifiedDoor } from "../client/ports.ts"
import { Unreachable } from "../ports.ts"
import { MAX_FRAME_BYTES } from "../protocol.ts"
import type { Credentials } from "./credentials.ts"

/** Time for one exchange. In milliseconds. */
const PATIENCE = 15_000

/** Registration by certificate: mutual TLS 1.3 on a connection of its own, which nothing else ever uses. */
export class HttpsCertifiedDoor implements CertifiedDoor {
  readonly #url: URL
  readonly #credentials: Credentials

  /** `url` is the platform's `authentication.certified`. */
  constructor(url: string, credentials: Credentials) {
    this.#url = new URL("registrations/certified", url.endsWith("/") ? url : `${url}/`)
    this.#credentials = credentials
  }

  async register(registration: Bytes, signal: AbortSignal): Promise<Bytes> {
    const { authority: ca, certificate: cert, key } = this.#credentials
    try {
      const sent = request(this.#url, {
        method: "POST",
        agent: false,
        ca,
        cert,
        key,
        minVersion: "TLSv1.3",
        headers: { "content-type": "application/octet-stream", "content-length": registration.length },
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
      })
      sent.end(registration)
      const [response]: readonly IncomingMessage[] = await once(sent, "response")
      if (response?.statusCode !== 200)
        throw new Unreachable(`${this.#url.origin} answers with status ${response?.statusCode}`)
      return await bodyOf(response)
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof Unreachable) throw cause
      throw new Unreachable(`${this.#url.origin} can't be reached with this certificate`, { cause })
    }
  }
}

async function bodyOf(response: IncomingMessage): Promise<Bytes> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_FRAME_BYTES) throw new Unreachable(`more than ${MAX_FRAME_BYTES} bytes for an answer`)
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
