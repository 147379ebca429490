import { request, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"

/** The daemon is gone, or went while it was asked. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer"
}

export interface Question {
  readonly method: string
  readonly url: string
  readonly key: string
  readonly body?: unknown
  /** A Unix socket that leads to the daemon, where its loopback is not this machine's. */
  readonly socketPath?: string
  /** A connection of its own: one that was used before may be closed at its other end while the question is on its way. */
  readonly alone?: true
}

/** One call of the local API. Throws `NoAnswer`. */
export async function askDaemon(question: Question): Promise<{ readonly status: number; readonly text: string }> {
  const { method, url, key, body, socketPath, alone } = question
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
  const asked = request(url, {
    method,
    headers,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(alone === undefined ? {} : { agent: false }),
  })
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.once("response", resolve).once("error", reject)
      asked.end(body === undefined ? undefined : JSON.stringify(body))
    })
    return { status: response.statusCode ?? 0, text: await text(response) }
  } catch (cause) {
    throw new NoAnswer(`${method} ${url} got no answer`, { cause })
  }
}
