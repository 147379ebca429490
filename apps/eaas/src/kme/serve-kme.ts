import type { IncomingMessage, ServerResponse } from "node:http"

import type { KmeAnswer, KeyManagementEntity } from "@starling/eaas/kme"
import type { Credentials } from "@starling/eaas/node"

import { certificateOf, listenMutualTls, nameIn } from "../certificates/mutual-tls.ts"
import type { Listener } from "../http/bind.ts"
import type { Log } from "../log.ts"

const MAX_BODY = 64 * 1024

/** Serves ETSI GS QKD 014 on 127.0.0.1: mutual TLS, and the SAE is who its certificate says. Port 0 takes a free one. */
export async function serveKme(
  kme: KeyManagementEntity,
  credentials: Credentials,
  port: number,
  log: Log,
): Promise<Listener> {
  return await listenMutualTls({ credentials, host: "127.0.0.1", port, minVersion: "TLSv1.2" }, (request, response) => {
    handle(kme, request).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        log("kme request failed", { fault: error instanceof Error ? error.name : "unknown" })
        send(response, { status: 503, body: { message: "the KME failed" } })
      },
    )
  })
}

async function handle(kme: KeyManagementEntity, request: IncomingMessage): Promise<KmeAnswer> {
  const url = new URL(request.url ?? "/", "https://kme.invalid")
  const sae = saeOf(request)
  const body = await bodyOf(request)
  if (sae !== undefined && body.kind === "malformed")
    return { status: 400, body: { message: "the request body is no JSON, or too long" } }
  return kme.answer({
    sae,
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    body: body.kind === "json" ? body.value : undefined,
  })
}

/** The common name of a certificate that our authority signed. A stranger is told 401, as the standard has it. */
function saeOf(request: IncomingMessage): string | undefined {
  const certificate = certificateOf(request)
  return certificate && nameIn(certificate)
}

type Body =
  | { readonly kind: "none" }
  | { readonly kind: "malformed" }
  | { readonly kind: "json"; readonly value: unknown }

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_BODY) return { kind: "malformed" }
    parts.push(part)
  }
  if (length === 0) return { kind: "none" }
  try {
    return { kind: "json", value: JSON.parse(Buffer.concat(parts).toString("utf8")) }
  } catch {
    return { kind: "malformed" }
  }
}

function send(response: ServerResponse, answer: KmeAnswer): void {
  response.setHeader("cache-control", "no-store")
  response.statusCode = answer.status
  if (!("body" in answer)) return void response.end()
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(answer.body))
}
