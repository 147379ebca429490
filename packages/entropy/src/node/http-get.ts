import { request as requestPlain, type IncomingMessage } from "node:http"
import { request as requestSecure, type RequestOptions } from "node:https"

import { concat, wipe, type Bytes } from "@starling/kernel"

export type HttpAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly body: Bytes }
  | {
      readonly kind: "failed"
      readonly fault: "unreachable" | "certificate" | "malformed answer"
      /** A system's or OpenSSL's name of what went wrong. */
      readonly code: string
    }

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly authority: string | undefined
  readonly maxBody: number
  readonly signal: AbortSignal
}

/**
 * One GET on a connection of its own. Certificates are checked whatever the environment says, no redirection is followed
 * (it would carry the key elsewhere), and nothing that the other side sent goes into a failure.
 */
export async function httpGet(url: URL, { headers, authority, maxBody, signal }: HttpGetOptions): Promise<HttpAnswer> {
  const options: RequestOptions = {
    headers: { ...headers, connection: "close" },
    agent: false,
    signal,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ...(authority !== undefined && { ca: authority }),
  }
  try {
    const response = await respond(url, options)
    if (response.statusCode !== 200) return unread(response)
    const body = await readBounded(response, maxBody)
    if (body === undefined) return { kind: "failed", fault: "malformed answer", code: `more than ${maxBody} bytes` }
    return { kind: "answered", status: 200, body }
  } catch (error) {
    return { kind: "failed", ...faultOf(error) }
  }
}

/** What an error says beside its status is nobody's business, and may be long. */
function unread(response: IncomingMessage): HttpAnswer {
  response.destroy()
  return { kind: "answered", status: response.statusCode ?? 0, body: new Uint8Array() }
}

async function respond(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestSecure : requestPlain
  return await new Promise((resolve, reject) => {
    request(url, options, resolve).once("error", reject).end()
  })
}

async function readBounded(response: IncomingMessage, max: number): Promise<Bytes | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response) {
    if (!(part instanceof Uint8Array)) throw new TypeError("a body that isn't bytes")
    parts.push(part)
    length += part.length
    if (length > max) {
      response.destroy()
      wipe(...parts)
      return undefined
    }
  }
  const body = concat(...parts)
  wipe(...parts)
  return body
}

function faultOf(error: unknown): {
  readonly fault: "unreachable" | "certificate" | "malformed answer"
  readonly code: string
} {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no code"
  if (/CERT|^UNABLE_TO_|^HOSTNAME_|^ERR_TLS_|^ERR_SSL_|^EPROTO$/.test(code)) return { fault: "certificate", code }
  if (code.startsWith("HPE_")) return { fault: "malformed answer", code }
  return { fault: "unreachable", code }
}
