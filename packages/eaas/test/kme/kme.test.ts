import { fc, it } from "@fast-check/vitest"
import { KeyStock } from "@starling/eaas/kme"
import { describe, expect, test } from "vitest"
import { seeded } from "../link/short-link.ts"
import { kmePair, PATIENCE, saes, transportTo } from "./kme-pair.ts"

const ENC = "/api/v1/keys/bob/enc_keys"
const DEC = "/api/v1/keys/alice/dec_keys"

type Keys = { readonly keys: readonly { readonly key_ID: string; readonly key: string }[] }

describe("a KME", () => {
  test("gives both SAEs the same keys, each once", async () => {
    const pair = kmePair(4096)
    const [alice, bob] = [transportTo(pair.here, "alice"), transportTo(pair.there, "bob")]
    const given = (await alice.call("POST", ENC, { number: 3, size: 512 }, PATIENCE)).body as Keys
    expect(given.keys.map(({ key }) => Buffer.from(key, "base64").length)).toEqual([64, 64, 64])
    expect(new Set(given.keys.map(({ key }) => key)).size).toBe(3)
    const key_IDs = given.keys.map(({ key_ID }) => ({ key_ID }))
    const fetched = await bob.call("POST", DEC, { key_IDs }, PATIENCE)
    expect(fetched).toMatchObject({ status: 200, body: { keys: given.keys } })
    const again = await bob.call("POST", DEC, { key_IDs }, PATIENCE)
    expect(again).toEqual({ status: 400, body: { message: "one or more keys specified are not found on KME" } })
    expect(pair.stocks.map((stock) => stock.available())).toEqual([4096 - 192, 4096 - 192])
  })

  test("takes the two parameters of a GET, and one key's name", async () => {
    const pair = kmePair(4096)
    const alice = transportTo(pair.here, "alice")
    const { body } = await alice.call("GET", `${ENC}?number=2&size=128`, undefined, PATIENCE)
    const [first] = (body as Keys).keys
    const path = `${DEC}?key_ID=${first!.key_ID}`
    expect((await transportTo(pair.there, "bob").call("GET", path, undefined, PATIENCE)).body).toMatchObject({
      keys: [first],
    })
    expect((await alice.call("GET", `${ENC}?number=two`, undefined, PATIENCE)).status).toBe(400)
  })

  test("serves both ends as masters at the same time, and never one bit twice", async () => {
    const pair = kmePair(2048)
    const [alice, bob] = [transportTo(pair.here, "alice"), transportTo(pair.there, "bob")]
    const pieces: string[] = []
    for (let i = 0; i < 40; i++) {
      const transport = i % 2 === 0 ? alice : bob
      const { status, body } = await transport.call(
        "POST",
        i % 2 === 0 ? ENC : "/api/v1/keys/alice/enc_keys",
        { size: 512 },
        PATIENCE,
      )
      if (status === 200) pieces.push((body as Keys).keys[0]!.key)
    }
    expect(pieces).toHaveLength(32)
    expect(new Set(pieces).size).toBe(32)
  })

  test.for([
    { body: { size: 100 }, message: "size shall be a multiple of 8" },
    { body: { size: 8 }, message: "size shall be from 64 to 32768" },
    { body: { number: 1000 }, message: "number shall be at most 128" },
    { body: { number: 0 }, message: "the key request is malformed" },
    {
      body: { additional_slave_SAE_IDs: ["dave"] },
      message: "additional_slave_SAE_IDs shall not be more than max_SAE_ID_count, which is 0",
    },
    { body: { extension_mandatory: [{ route: 1 }] }, message: "not all extension_mandatory parameters are supported" },
    {
      body: { extension_mandatory: [{ starling_origin: "distilled" }] },
      message: "not all extension_mandatory request options could be met",
    },
    { body: { extension_optional: [{ route: 1 }] }, message: "not all extension_optional request options handled" },
  ])("refuses $body with the words “$message”", async ({ body, message }) => {
    const alice = transportTo(kmePair(0, { bootstrapped: 1024 }).here, "alice")
    expect(await alice.call("POST", ENC, body, PATIENCE)).toMatchObject({ status: 400, body: { message } })
  })

  test("says 503 where it has too little, and takes nothing", async () => {
    const pair = kmePair(100)
    const answer = await transportTo(pair.here, "alice").call("POST", ENC, { number: 4, size: 256 }, PATIENCE)
    expect(answer).toEqual({ status: 503, body: { message: "not enough keys: try again later" } })
    expect(pair.stocks[0].available()).toBe(100)
  })

  test("tells strangers, and the SAEs of the other end, 401 and nothing else", async () => {
    const pair = kmePair(4096)
    for (const sae of [undefined, "mallory", "bob"]) {
      for (const path of [ENC, "/api/v1/keys/bob/status", "/api/v1/keys/bob/dec_keys", "/elsewhere"]) {
        expect(await transportTo(pair.here, sae).call("GET", path, undefined, PATIENCE)).toEqual({
          status: 401,
          body: undefined,
        })
      }
    }
    expect(pair.stocks[0].available()).toBe(4096)
  })

  test("gives a key neither to another SAE of the same site nor in another master's name, and keeps it for its own", async () => {
    const pair = kmePair(4096)
    const given = (await transportTo(pair.here, "alice").call("POST", ENC, {}, PATIENCE)).body as Keys
    const key_IDs = [{ key_ID: given.keys[0]!.key_ID }]
    const dave = transportTo(pair.there, "dave")
    expect(await dave.call("POST", DEC, { key_IDs }, PATIENCE)).toEqual({ status: 401, body: undefined })
    const bob = transportTo(pair.there, "bob")
    expect(await bob.call("POST", "/api/v1/keys/carol/dec_keys", { key_IDs }, PATIENCE)).toEqual({
      status: 401,
      body: undefined,
    })
    expect((await bob.call("POST", DEC, { key_IDs }, PATIENCE)).status).toBe(200)
  })

  test("gives all keys of a request or none of them", async () => {
    const pair = kmePair(4096)
    const given = (await transportTo(pair.here, "alice").call("POST", ENC, { number: 2 }, PATIENCE)).body as Keys
    const bob = transportTo(pair.there, "bob")
    const ids = given.keys.map(({ key_ID }) => ({ key_ID }))
    const unknown = { key_ID: "bc490419-7d60-487f-adc1-4ddcc177c139" }
    expect((await bob.call("POST", DEC, { key_IDs: [...ids, unknown] }, PATIENCE)).status).toBe(400)
    expect((await bob.call("POST", DEC, { key_IDs: [ids[0], ids[0]] }, PATIENCE)).status).toBe(400)
    expect((await bob.call("POST", DEC, { key_IDs: ids }, PATIENCE)).status).toBe(200)
  })

  test("takes keys of the link alone where that is asked for, and says of each where it comes from", async () => {
    const pair = kmePair(64, { bootstrapped: 4096 })
    const alice = transportTo(pair.here, "alice")
    const preferred = await alice.call(
      "POST",
      ENC,
      { size: 256, extension_optional: [{ starling_origin: "distilled" }] },
      PATIENCE,
    )
    expect(preferred.body).toMatchObject({
      keys: [{ key_extension: { starling_origin: "distilled", starling_simulated: true } }],
    })
    const mandatory = { size: 256, extension_mandatory: [{ starling_origin: "distilled" }] }
    expect((await alice.call("POST", ENC, mandatory, PATIENCE)).status).toBe(200)
    expect((await alice.call("POST", ENC, mandatory, PATIENCE)).status).toBe(400)
    const any = await alice.call("POST", ENC, {}, PATIENCE)
    expect(any.body).toMatchObject({ keys: [{ key_extension: { starling_origin: "bootstrapped" } }] })
  })

  test("shows an alarm of its link, and that it is simulated", async () => {
    const pair = kmePair(64)
    pair.raise("25 % wrong bits")
    const { alice } = saes(pair)
    expect(await alice.service("bob", PATIENCE)).toMatchObject({
      simulated: true,
      alarm: "25 % wrong bits",
      storedBits: 512,
    })
  })
})

describe("the stock of a link", () => {
  it.prop([fc.array(fc.record({ front: fc.boolean(), length: fc.integer({ min: 1, max: 300 }) }), { maxLength: 30 })])(
    "gives each byte to one end once, the same at both, whatever the order",
    (takes) => {
      const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
      const [near, far] = [new KeyStock("front"), new KeyStock("back")]
      for (const stock of [near, far])
        for (const part of [0, 400]) stock.add(bytes.slice(part, part + 400), "distilled")
      const used = new Set<string>()
      for (const { front, length } of takes) {
        const [taker, follower] = front ? [near, far] : [far, near]
        const taken = taker.take(length)
        if (taken === undefined) continue
        expect(follower.follow(taken.place)?.bytes).toEqual(taken.bytes)
        for (let i = 0; i < length; i++) used.add(`${taken.place.segment}:${taken.place.offset + i}`)
        expect(follower.follow(taken.place)).toBeUndefined()
      }
      expect(used.size).toBe(800 - near.available())
      expect(near.available()).toBe(far.available())
    },
  )

  test("that was passed over at one end is of no use at the other", () => {
    const bytes = seeded(9)(100)
    const [near, far] = [new KeyStock("front"), new KeyStock("back")]
    for (const stock of [near, far]) stock.add(bytes, "distilled")
    const lost = near.take(10)!
    const next = near.take(10)!
    expect(far.follow(next.place)?.bytes).toEqual(next.bytes)
    expect(far.follow(lost.place)).toBeUndefined()
    // What both ends took at the same time is refused by both.
    const [a, b] = [near.take(60)!, far.take(60)!]
    expect([far.follow(a.place), near.follow(b.place)]).toEqual([undefined, undefined])
  })
})

describe("an SAE", () => {
  test("gets as many bytes as it asks for, in as many keys as that takes", async () => {
    const pair = kmePair(32_768)
    const { alice, bob } = saes(pair)
    for (const length of [8, 33, 4096, 9_632]) {
      const key = await alice.keyFor("bob", length, PATIENCE)
      expect(key.bytes).toHaveLength(length)
      expect(key.provenance).toEqual({ simulated: true, bootstrapped: false })
      expect((await bob.keyNamed("alice", key.ids, length, PATIENCE)).bytes).toEqual(key.bytes)
      await expect(bob.keyNamed("alice", key.ids, length, PATIENCE)).rejects.toMatchObject({ reason: "not-found" })
    }
    await expect(alice.keyFor("bob", 40_000, PATIENCE)).rejects.toMatchObject({ reason: "short" })
  })
})
