import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer as createSecure } from "node:https"
import { join } from "node:path"

import type { ApplianceName } from "@starling/entropy/node"

import { Seeded } from "./seeded.ts"

export const KEY = "test-key-Zr8q"
const BLOCK = 1024

/** What a stand-in does instead of its duty. */
export type Misconduct = (request: IncomingMessage, response: ServerResponse) => void

export interface StandIn extends AsyncDisposable {
  readonly address: URL
  /** Paths with their queries, as they came. */
  readonly requests: string[]
  /** Consulted once per request; `undefined` where the appliance does its duty. */
  misconduct: (attempt: number) => Misconduct | undefined
}

/** A local server that speaks one product's interface as its document has it, and is strict about the requests. */
export async function standIn(
  product: ApplianceName,
  certificate?: "appliance" | "elsewhere" | "expired",
): Promise<StandIn> {
  const random = new Seeded(21)
  const state = { misconduct: (_attempt: number): Misconduct | undefined => undefined }
  const requests: string[] = []
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request.url ?? "")
    const misconduct = state.misconduct(requests.length)
    if (misconduct !== undefined) return misconduct(request, response)
    SPEAK[product](request, response, (length) => random.bytes(length))
  }
  const server = certificate === undefined ? createPlain(serve) : createSecure(identity(certificate), serve)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  return {
    address: new URL(`${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}/`),
    requests,
    get misconduct() {
      return state.misconduct
    },
    set misconduct(misconduct) {
      state.misconduct = misconduct
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

export function pem(name: string): string {
  return readFileSync(join(import.meta.dirname, `fixtures/tls/${name}.pem`), "utf8")
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

type Speak = (request: IncomingMessage, response: ServerResponse, bytes: (length: number) => Uint8Array) => void

const SPEAK: Readonly<Record<ApplianceName, Speak>> = {
  anu(request, response, bytes) {
    const { pathname, searchParams } = urlOf(request)
    const length = Number(searchParams.get("length"))
    if (request.headers["x-api-key"] !== KEY) return answerJson(response, 403, { message: "Forbidden" })
    const sound = pathname === "/" && searchParams.get("type") === "uint8" && length >= 1 && length <= 1024
    if (!sound) return answerJson(response, 200, { success: false })
    answerJson(response, 200, { type: "uint8", length, data: [...bytes(length)], success: true })
  },
  idq(request, response, bytes) {
    const { pathname, searchParams } = urlOf(request)
    if (pathname !== "/api/2.0/streambytes") return answerJson(response, 404, {})
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes(Number(searchParams.get("size"))))
  },
  quandela(request, response, bytes) {
    const { pathname, searchParams } = urlOf(request)
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      return answerJson(response, 401, { detail: {}, error: "Invalid or expired job token" })
    }
    if (pathname !== "/qt/qrng/bytes" || !searchParams.has("count")) return answerJson(response, 422, { message: "no" })
    const count = Number(searchParams.get("count"))
    const job = (length: number) => ({
      id: "0b3d5c1e-7f65-4f52-9a2f-0f7f6c4f9b11",
      bytes: base64(bytes(length)),
      chsh: 2.68,
      min_entropy: 0.92,
    })
    answerJson(response, 200, { jobs: [job(Math.floor(count / 2)), job(Math.ceil(count / 2))] })
  },
  qrypt(request, response, bytes) {
    const { pathname, searchParams } = urlOf(request)
    const size = Number(searchParams.get("size") ?? "1")
    if (request.headers.authorization !== `Bearer ${KEY}`) return answerJson(response, 401, {})
    if (pathname !== "/api/v1/quantum-entropy" || !(size >= 1 && size <= 512)) return answerJson(response, 400, {})
    answerJson(response, 200, { random: Array.from({ length: size }, () => base64(bytes(BLOCK))), size })
  },
}

function identity(name: string): { key: string; cert: string } {
  return { key: pem(name), cert: pem(name) }
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? "", "http://stand-in.invalid")
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64")
}
