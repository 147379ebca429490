import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { Agent, request } from "node:https"

import { Unreachable } from "@starling/eaas"
import type { KmeReply, KmeTransport } from "@starling/eaas/kme"
import type { Credentials } from "@starling/eaas/node"

/** Of an answer: 4096 keys of 256 bits, with their names, are less. */
const MAX_ANSWER = 1024 * 1024
const PATIENCE = 10_000

/** A KME behind HTTPS, ours or a vendor's: a URL, a client certificate, and the authority that signed the KME's. */
export class HttpsKme implements KmeTransport, Disposable {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, { key, certificate, authority }: Credentials) {
    this.#url = url
    // An SAE and its KME know each other: they may keep their connection.
    this.#agent = new Agent({
      key,
      cert: certificate,
      ca: authority,
      minVersion: "TLSv1.2",
      keepAlive: true,
      maxSockets: 4,
    })
  }

  async call(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal): Promise<KmeReply> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
    try {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const sent = request(new URL(path, this.#url), {
        method,
        agent: this.#agent,
        signal: patience,
        headers: {
          accept: "application/json",
          ...(text !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      })
      sent.end(text)
      const [response]: readonly IncomingMessage[] = await once(sent, "response")
      if (response === undefined) throw new Unreachable("the KME gives no answer")
      return { status: response.statusCode ?? 0, body: parsed(await bodyOf(response)) }
    } catch (cause) {
      signal.throwIfAborted()
      throw cause instanceof Unreachable ? cause : new Unreachable("the KME can't be reached", { cause })
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_ANSWER) throw new Unreachable("the KME answers with more than it should")
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    return undefined
  }
}
