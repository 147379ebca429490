import { randomBytes } from "node:crypto"
import { request } from "node:http"
import { Socket } from "node:net"
import { on, once } from "node:events"
import { expect, onTestFinished, test, vi } from "vitest"
import { WebSocket } from "ws"
import { z } from "zod"
import { EventHub } from "../src/api/event-hub.ts"
import { Fault } from "../src/api/fault.ts"
import { readBody } from "../src/api/read-body.ts"
import { ApiServer } from "../src/api/server.ts"
import { Sessions } from "../src/api/session.ts"

async function serve() {
  let now = 0
  const sessions = new Sessions({ random: (length) => new Uint8Array(randomBytes(length)), now: () => now })
  const events = new EventHub()
  const server = await ApiServer.start({
    port: 0,
    sessions,
    events,
    routes(api) {
      api.get("/api/who", (context) => context.json({ caller: context.get("caller") }))
      api.post("/api/echo", async (context) =>
        context.json(await readBody(context, z.strictObject({ text: z.string() }))),
      )
      api.get("/api/defect", () => {
        throw new TypeError("secret detail")
      })
    },
    faultOf: (error) => (error instanceof Fault ? error : new Fault(500, "internal", "a defect")),
    assets: Promise.resolve(
      new Map([
        ["/index.html", { body: new TextEncoder().encode("<p>Starling"), type: "text/html", immutable: false }],
      ]),
    ),
  })
  onTestFinished(async () => await server[Symbol.asyncDispose]())
  const bearer = { authorization: `Bearer ${sessions.key}` }
  return { server, sessions, events, bearer, port: server.port, later: (by: number) => void (now += by) }
}

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** `fetch` sets Host and Origin by itself; this sends what it is told. */
async function call(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const sent = request({
    host: "127.0.0.1",
    port,
    path,
    method: options.method ?? "GET",
    headers: options.headers ?? {},
  })
  sent.end(options.body)
  const [response] = await once(sent, "response")
  let body = ""
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode, headers: response.headers, body }
}

const codeOf = ({ body }: Answer): string => JSON.parse(body).error.code

test.for([
  { name: "no key", headers: {}, status: 401, code: "bad-token" },
  { name: "a wrong key", headers: { authorization: "Bearer wrong" }, status: 401, code: "bad-token" },
  { name: "another scheme", headers: { authorization: "Basic d3Jvbmc6" }, status: 401, code: "bad-token" },
  { name: "a wrong cookie", headers: { cookie: "starling=wrong; starling-1=wrong" }, status: 401, code: "bad-token" },
  { name: "the name of another site", headers: { host: "evil.example" }, status: 403, code: "bad-host" },
  { name: "another port in Host", headers: { host: "127.0.0.1:1" }, status: 403, code: "bad-host" },
  { name: "the origin of another site", headers: { origin: "http://evil.example" }, status: 403, code: "bad-origin" },
  { name: "the origin null", headers: { origin: "null" }, status: 403, code: "bad-origin" },
])("a call with $name is refused", async ({ headers, status, code }) => {
  const { port, bearer } = await serve()
  const valid = status === 403 ? bearer : {}
  const answer = await call(port, "/api/who", { headers: { ...valid, ...headers } })
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status, code })
})

test("the key opens every call, under both names of this machine", async () => {
  const { port, bearer } = await serve()
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    const answer = await call(port, "/api/who", { headers: { ...bearer, host, origin: `http://${host}` } })
    expect(JSON.parse(answer.body)).toEqual({ caller: "bearer" })
  }
})

test("every answer, refusals and defects included, forbids foreign content, framing and sniffing", async () => {
  const { port, bearer } = await serve()
  const answers = [
    await call(port, "/"),
    await call(port, "/api/who"),
    await call(port, "/api/who", { headers: { host: "evil.example" } }),
    await call(port, "/api/defect", { headers: bearer }),
  ]
  for (const { headers } of answers) {
    expect(headers["content-security-policy"]).toContain("default-src 'self'")
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'")
    expect(headers["x-content-type-options"]).toBe("nosniff")
    expect(headers["referrer-policy"]).toBe("no-referrer")
    expect(headers["access-control-allow-origin"]).toBeUndefined()
  }
  expect(answers.at(-1)?.body).not.toContain("secret detail")
})

test("a token buys one session, once", async () => {
  const { port, sessions } = await serve()
  const token = sessions.issueToken()
  const session = sessions.redeem(token)
  expect(session).toBeDefined()
  expect(sessions.redeem(token)).toBeUndefined()
  const answer = await call(port, "/api/who", { headers: { cookie: `other=1; starling-${port}=${session}` } })
  expect(JSON.parse(answer.body)).toEqual({ caller: "session" })
  const elsewhere = await call(port, "/api/who", { headers: { cookie: `starling-${port + 1}=${session}` } })
  expect(elsewhere.status).toBe(401)
})

test("a token that was not used for a day is worth nothing", async () => {
  const { sessions, later } = await serve()
  const token = sessions.issueToken()
  later(24 * 3_600_000 + 1)
  expect(sessions.redeem(token)).toBeUndefined()
})

test.for([
  {
    name: "too large",
    body: JSON.stringify({ text: "x".repeat(300_000) }),
    type: "application/json",
    status: 413,
    code: "too-large",
  },
  { name: "no JSON", body: "{", type: "application/json", status: 400, code: "bad-request" },
  { name: "of another shape", body: '{"text":1}', type: "application/json", status: 400, code: "bad-request" },
  {
    name: "with a field too many",
    body: '{"text":"a","more":1}',
    type: "application/json",
    status: 400,
    code: "bad-request",
  },
  {
    name: "what a form of another site could send",
    body: '{"text":"a"}',
    type: "text/plain",
    status: 415,
    code: "not-json",
  },
])("a body that is $name is refused", async ({ body, type, status, code }) => {
  const { port, bearer } = await serve()
  const headers = { ...bearer, "content-type": type, "content-length": String(Buffer.byteLength(body)) }
  const answer = await call(port, "/api/echo", { method: "POST", headers, body })
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status, code })
})

test("pages are served to anybody on this machine, unknown calls and files to nobody", async () => {
  const { port, bearer } = await serve()
  expect((await call(port, "/")).body).toBe("<p>Starling")
  expect((await call(port, "/index.html")).body).toBe("<p>Starling")
  expect((await call(port, "/group/view")).status).toBe(404)
  expect((await call(port, "/missing.js")).status).toBe(404)
  expect((await call(port, "/../../etc/passwd.txt")).status).toBe(404)
  expect(codeOf(await call(port, "/api/none", { headers: bearer }))).toBe("not-found")
})

test("events reach an admitted socket, and nobody else gets one", async () => {
  const { port, events, bearer } = await serve()
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/events`, { headers: bearer })
  await once(socket, "open")
  events.emit({ type: "group", group: "g" })
  const [frame] = await once(socket, "message")
  expect(JSON.parse(String(frame))).toEqual({ type: "group", group: "g" })
  const together = vi.spyOn(Socket.prototype, "_writev" as "write")
  const frames = on(socket, "message")
  for (const group of ["one", "two", "three"]) events.emit({ type: "group", group })
  for (const group of ["one", "two", "three"]) {
    const { value } = await frames.next()
    expect(JSON.parse(String(value?.[0]))).toEqual({ type: "group", group })
  }
  expect(together).toHaveBeenCalledOnce()
  socket.terminate()
  for (const [path, headers, status] of [
    ["/api/events", {}, 401],
    ["/api/events", { ...bearer, origin: "http://evil.example" }, 403],
    ["/api/events", { ...bearer, host: "evil.example" }, 403],
    ["/api/other", bearer, 404],
  ] as const) {
    const refused = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    const [error] = await once(refused, "error")
    expect(error.message).toContain(String(status))
  }
})

test.for(["//", "http://", "/%", "*"])("an upgrade at %s is refused, and the server lives on", async (path) => {
  const { port, bearer } = await serve()
  const headers = { ...bearer, connection: "upgrade", upgrade: "websocket" }
  expect((await call(port, path, { headers })).status).toBe(404)
  expect((await call(port, "/api/who", { headers: bearer })).status).toBe(200)
})

test("a taken port is a fault that says what to do", async () => {
  const { port, sessions, events } = await serve()
  const second = ApiServer.start({ port, sessions, events, routes: () => {}, faultOf: () => new Fault(500, "x", "x") })
  await expect(second).rejects.toMatchObject({ code: "port-taken", message: expect.stringContaining("--port") })
})
