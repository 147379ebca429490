import { inspect } from "node:util"

import { SourceFailed } from "@starling/entropy"
import { APPLIANCES, HttpAppliance, type ApplianceName, type HttpApplianceOptions } from "@starling/entropy/node"
import { Secret, utf8 } from "@starling/kernel"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

import { Seeded } from "./seeded.ts"
import { answerJson, KEY, pem, standIn, type Misconduct, type StandIn } from "./stand-in-appliance.ts"

const patience = AbortSignal.timeout(100_000)
const names = Object.keys(APPLIANCES) as ApplianceName[]

function applianceAt(
  { address }: Pick<StandIn, "address">,
  name: ApplianceName,
  options: Partial<HttpApplianceOptions> = {},
): HttpAppliance {
  const profile = APPLIANCES[name]
  const key = profile.authorise === undefined ? undefined : new Secret(utf8(KEY))
  return new HttpAppliance({ profile, address, key, entropyPerByte: 6, patience: 1500, ...options })
}

async function failureOf(appliance: HttpAppliance, length = 512): Promise<SourceFailed> {
  const error: unknown = await appliance.read(length, patience).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof SourceFailed)) throw new Error("it did not fail", { cause: error })
  return error
}

describe.for(names)("%s, against a server that speaks its interface", (name) => {
  test("gives the bytes that the server gave, in as many requests as it takes", async () => {
    await using server = await standIn(name)
    await using appliance = applianceAt(server, name)
    const read = [
      await appliance.read(512, patience),
      await appliance.read(700, patience),
      await appliance.read(5000, patience),
    ]
    const given = new Seeded(21).bytes(6212)
    expect(Buffer.concat(read)).toEqual(Buffer.from(given))
    expect(server.requests.length).toBeLessThanOrEqual(8)
    expect(server.requests.join()).not.toContain(KEY)
  })

  test("says that it was never tried on the product, and which document it follows", async () => {
    await using server = await standIn(name)
    const appliance = applianceAt(server, name)
    expect(appliance.id).toMatch(/ \(untested on hardware\)$/)
    expect(utf8(appliance.id).length, "as provenance bounds it").toBeLessThanOrEqual(96)
    expect(appliance).toMatchObject({ simulated: false, kind: "raw", entropyPerByte: 6 })
    expect(APPLIANCES[name].document).toMatch(/^https:/)
  })

  test("takes a full answer and nothing else for one", async () => {
    await using server = await standIn(name)
    for (const body of [
      "",
      "{",
      "[]",
      "null",
      "{}",
      '{"success":true,"data":[]}',
      "<html>",
      '{"random":["AA=="],"size":1}',
    ]) {
      server.misconduct = () => (_, response) => void response.end(body)
      expect((await failureOf(applianceAt(server, name))).fault, body).toBe("malformed answer")
    }
    server.misconduct = () => (_, response) => void response.end(Buffer.alloc(4_000_000, " "))
    expect((await failureOf(applianceAt(server, name))).detail, "too much").toMatch(/^more than [0-9]+ bytes$/)
  })
})

test.for<{ name: ApplianceName; answer: object; detail: string }>([
  {
    name: "anu",
    answer: { type: "uint8", length: 1024, data: Array(1023).fill(1), success: true },
    detail: "1023 numbers of 1024",
  },
  { name: "anu", answer: { type: "uint8", length: 1024, data: Array(1024).fill(256), success: true }, detail: "uint8" },
  { name: "anu", answer: { type: "uint16", length: 1024, data: Array(1024).fill(1), success: true }, detail: "uint8" },
  {
    name: "anu",
    answer: { type: "uint8", length: 1024, data: Array(1024).fill(1), success: false },
    detail: "successful",
  },
  { name: "quandela", answer: { jobs: [job(1024, 2)] }, detail: "a CHSH value of 2 shows no quantum origin" },
  { name: "quandela", answer: { jobs: [job(1024, 2.9)] }, detail: "a CHSH value of 2.9 shows no quantum origin" },
  { name: "quandela", answer: { jobs: [job(1023, 2.7)] }, detail: "1023 bytes of 1024" },
  { name: "qrypt", answer: { random: [base64(1024)], size: 2 }, detail: "1024 bytes of 1024" },
  { name: "qrypt", answer: { random: [base64(512), base64(512)], size: 1 }, detail: "bytes of 1024" },
])("$name refuses an answer: $detail", async ({ name, answer, detail }) => {
  await using server = await standIn(name)
  server.misconduct = () => (_, response) => answerJson(response, 200, answer)
  expect(await failureOf(applianceAt(server, name))).toMatchObject({
    fault: "malformed answer",
    detail: expect.stringContaining(detail),
  })
})

test.for(names)("%s never throws on an answer, and takes none of another length", (name) => {
  const profile = APPLIANCES[name]
  const wanted = profile.ask(1024)
  const answers = fc.oneof(
    fc.uint8Array({ maxLength: 1023 }),
    fc.json().map(utf8),
    fc.record({ random: fc.array(fc.base64String()), size: fc.nat(3) }).map((value) => utf8(JSON.stringify(value))),
    fc.record({ jobs: fc.array(fc.anything()) }).map((value) => utf8(JSON.stringify(value))),
  )
  fc.assert(
    fc.property(answers, (body) => {
      expect(profile.read(new Uint8Array(body), wanted).kind).toBe("malformed")
    }),
  )
})

describe("an appliance that fails", () => {
  const status =
    (code: number): Misconduct =>
    (_, response) =>
      answerJson(response, code, { error: `echo ${KEY}` })

  test.for([
    { code: 400, fault: "refused", tries: 1 },
    { code: 401, fault: "refused", tries: 1 },
    { code: 403, fault: "refused", tries: 1 },
    { code: 404, fault: "refused", tries: 1 },
    { code: 302, fault: "malformed answer", tries: 1 },
    { code: 204, fault: "malformed answer", tries: 1 },
    { code: 429, fault: "exhausted", tries: 3 },
    { code: 500, fault: "server error", tries: 3 },
    { code: 503, fault: "server error", tries: 3 },
  ])("by status $code is $fault, after as many tries as that is worth", async ({ code, fault, tries }) => {
    await using server = await standIn("anu")
    server.misconduct = () => status(code)
    const failure = await failureOf(applianceAt(server, "anu"))
    expect(failure).toMatchObject({ fault, detail: `HTTP status ${code}` })
    if (tries === 1) expect(server.requests).toHaveLength(1)
    else expect(server.requests.length).toBeGreaterThanOrEqual(2)
    expect(inspect(failure, { depth: 9 })).not.toContain(KEY)
  })

  test("for a moment is asked again, and nothing is lost", async () => {
    await using server = await standIn("quandela")
    server.misconduct = (attempt) => [undefined, status(404), status(503), status(429)][attempt]
    await using appliance = applianceAt(server, "quandela", { patience: 10_000 })
    expect(await appliance.read(512, patience)).toEqual(new Seeded(21).bytes(512))
    expect(server.requests).toHaveLength(4)
  })

  test("by silence, before or amid its answer, is too slow", async () => {
    await using server = await standIn("idq")
    for (const misconduct of [
      () => {},
      (_: unknown, response: Parameters<Misconduct>[1]) => void response.write("half"),
    ]) {
      server.misconduct = () => misconduct
      expect(await failureOf(applianceAt(server, "idq", { patience: 300 }))).toMatchObject({ fault: "too slow" })
    }
  })

  test("by closing the connection, before or amid its answer, or not being there, is unreachable", async () => {
    let gone: URL
    {
      await using server = await standIn("idq")
      gone = server.address
      server.misconduct = () => (request) => void request.socket.destroy()
      expect(await failureOf(applianceAt(server, "idq"))).toMatchObject({ fault: "unreachable" })
      server.misconduct = () => (request, response) => {
        response.writeHead(200, { "content-length": "1024" }).write(Buffer.alloc(500))
        setTimeout(() => request.socket.destroy(), 20)
      }
      expect(await failureOf(applianceAt(server, "idq"))).toMatchObject({ fault: "unreachable" })
    }
    expect(await failureOf(applianceAt({ address: gone }, "idq"))).toMatchObject({
      fault: "unreachable",
      detail: "ECONNREFUSED",
    })
  })

  test("by speaking no HTTP is malformed", async () => {
    await using server = await standIn("idq")
    server.misconduct = () => (request) => void request.socket.end("QRNG/1.0 hello\r\n\r\n")
    expect(await failureOf(applianceAt(server, "idq"))).toMatchObject({ fault: "malformed answer" })
  })

  test("whoever gives up waiting hears their own reason", async () => {
    await using server = await standIn("idq")
    server.misconduct = () => () => {}
    const waiting = new AbortController()
    const read = applianceAt(server, "idq").read(1, waiting.signal)
    waiting.abort(new Error("enough"))
    await expect(read).rejects.toThrow("enough")
  })
})

describe("certificates", () => {
  test("of the configured authority are taken", async () => {
    await using server = await standIn("anu", "appliance")
    const appliance = applianceAt(server, "anu", { authority: pem("authority") })
    expect(await appliance.read(100, patience)).toHaveLength(100)
  })

  test.for([
    { name: "appliance", authority: undefined, detail: /SIGNATURE|SELF_SIGNED|UNABLE/ },
    { name: "elsewhere", authority: "authority", detail: /ALTNAME/ },
    { name: "expired", authority: "authority", detail: /EXPIRED/ },
  ] as const)(
    "$name, with authority $authority, is refused, and the key never sent",
    async ({ name, authority, detail }) => {
      await using server = await standIn("anu", name)
      const options = authority === undefined ? {} : { authority: pem(authority) }
      expect(await failureOf(applianceAt(server, "anu", options))).toMatchObject({
        fault: "certificate",
        detail: expect.stringMatching(detail),
      })
      expect(server.requests).toEqual([])
    },
  )

  test("are checked whatever the environment says", async () => {
    await using server = await standIn("anu", "appliance")
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0"
    try {
      expect(await failureOf(applianceAt(server, "anu"))).toMatchObject({ fault: "certificate" })
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
    }
  })
})

test.for([
  { address: "http://qrng.example/", key: KEY, why: "over https" },
  { address: "https://user@qrng.example/", key: KEY, why: "no user" },
  { address: "https://qrng.example/?key=1", key: KEY, why: "no user, query" },
  { address: "https://qrng.example/", key: "two\nlines", why: "visible characters" },
  { address: "https://qrng.example/", key: undefined, why: "needs a key" },
])("an appliance at $address isn't opened: $why", ({ address, key, why }) => {
  const options = {
    profile: APPLIANCES.anu,
    address: new URL(address),
    entropyPerByte: 6,
    key: key === undefined ? undefined : new Secret(utf8(key)),
  }
  expect(() => new HttpAppliance(options)).toThrow(why)
})

function job(length: number, chsh: number): object {
  return { id: "x", bytes: base64(length), chsh, min_entropy: 0.9 }
}

function base64(length: number): string {
  return Buffer.alloc(length, 7).toString("base64")
}
