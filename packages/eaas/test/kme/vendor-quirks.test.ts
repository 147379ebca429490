import { Sae, type KmeReply, type KmeTransport } from "@starling/eaas/kme"
import { describe, expect, test } from "vitest"
import { PATIENCE } from "./kme-pair.ts"

const KEY = Buffer.alloc(32, 7).toString("base64")

/** A KME as some vendors make them. */
function vendor(answer: (method: string, path: string, body: unknown) => KmeReply): { sae: Sae; calls: string[] } {
  const calls: string[] = []
  const transport: KmeTransport = {
    async call(method, path, body) {
      calls.push(`${method} ${path} ${body === undefined ? "" : JSON.stringify(body)}`.trim())
      return answer(method, path, body)
    },
  }
  return { sae: new Sae("pvs", transport), calls }
}

const status = { key_size: 256, stored_key_count: 100, max_key_per_request: 128, max_key_size: 1024, min_key_size: 64 }

describe("an SAE takes a vendor's KME", () => {
  test.for([
    { name: "that spells as Table 11 does", body: { Keys: [{ key_ID: "a-1", key: KEY }] } },
    { name: "that writes in snake case", body: { keys: [{ key_id: "a-1", key: KEY }] } },
    { name: "that leaves the padding out", body: { keys: [{ key_ID: "a-1", key: KEY.replaceAll("=", "") }] } },
    {
      name: "that adds fields of its own",
      body: { keys: [{ key_ID: "a-1", key: KEY, key_extension: null, x: 1 }], y: [] },
    },
  ])("$name", async ({ body }) => {
    const { sae } = vendor((_, path) => ({ status: 200, body: path.endsWith("status") ? status : body }))
    const key = await sae.keyFor("lp", 32, PATIENCE)
    expect(key).toMatchObject({ ids: ["a-1"], provenance: { simulated: false, bootstrapped: false } })
    expect(key.bytes).toEqual(new Uint8Array(32).fill(7))
  })

  test("that gives one key of 256 bits at a time and says 422 to anything else", async () => {
    let given = 0
    const { sae, calls } = vendor((method, path) => {
      if (path.endsWith("status")) return { status: 200, body: { key_size: 256 } }
      if (path.endsWith("enc_keys")) {
        if (method === "POST") return { status: 422, body: { detail: "unprocessable" } }
        return { status: 200, body: { keys: [{ key_ID: `key-${given++}`, key: KEY }] } }
      }
      return { status: 200, body: undefined }
    })
    const key = await sae.keyFor("lp", 70, PATIENCE)
    expect(key.ids).toEqual(["key-0", "key-1", "key-2"])
    expect(key.bytes).toHaveLength(70)
    expect(calls.filter((call) => call.startsWith("POST"))).toHaveLength(1)
    await sae.keyFor("lp", 32, PATIENCE)
    expect(
      calls.filter((call) => call.startsWith("POST")),
      "it is remembered",
    ).toHaveLength(1)
  })

  test("that gives named keys one by one, and in an order of its own where it gives several", async () => {
    const keyOf = (id: string) => ({
      key_ID: id.toUpperCase(),
      key: Buffer.alloc(4, Number(id.at(-1))).toString("base64"),
    })
    const namesIn = (body: unknown) => (body as { key_IDs: { key_ID: string }[] }).key_IDs.map(({ key_ID }) => key_ID)
    const single = vendor((_, __, body) => {
      const names = namesIn(body)
      if (names.length > 1) return { status: 422, body: { detail: "one at a time" } }
      return { status: 200, body: { keys: names.map(keyOf) } }
    })
    const reversed = vendor((_, __, body) => ({ status: 200, body: { keys: namesIn(body).map(keyOf).toReversed() } }))
    for (const { sae } of [single, reversed]) {
      const { bytes } = await sae.keyNamed("pvs", ["key-1", "key-2", "key-3"], 12, PATIENCE)
      expect([...bytes]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    }
  })

  test("that is asked for more names than fit into a request", async () => {
    const ids = Array.from({ length: 300 }, (_, i) => `key-${i}`)
    const { sae, calls } = vendor((_, __, body) => ({
      status: 200,
      body: { keys: (body as { key_IDs: object[] }).key_IDs.map((name) => ({ ...name, key: KEY })) },
    }))
    expect((await sae.keyNamed("pvs", ids, 9600, PATIENCE)).ids).toEqual(ids)
    expect(calls).toHaveLength(3)
  })

  test("whose status is camel case and knows nothing of the link", async () => {
    const { sae } = vendor(() => ({
      status: 200,
      body: { keySize: 352, storedKeyCount: 25_000, maxKeySize: 1024, minKeySize: 64 },
    }))
    expect(await sae.service("lp", PATIENCE)).toMatchObject({
      keySize: 352,
      storedBits: 8_800_000,
      simulated: false,
      alarm: undefined,
    })
  })

  test.for([
    { name: "403 for 401", reply: { status: 403, body: undefined }, reason: "refused" },
    { name: "404 for a key that is gone", reply: { status: 404, body: { detail: "gone" } }, reason: "not-found" },
    {
      name: "the standard's own words",
      reply: { status: 400, body: { message: "one or more keys specified are not found on KME" } },
      reason: "not-found",
    },
    { name: "503", reply: { status: 503, body: { message: "key data access error" } }, reason: "short" },
    { name: "no JSON at all", reply: { status: 200, body: undefined }, reason: "malformed" },
    {
      name: "a key that is no base64",
      reply: { status: 200, body: { keys: [{ key_ID: "a-1", key: "~" }] } },
      reason: "malformed",
    },
    {
      name: "another key than the one named",
      reply: { status: 200, body: { keys: [{ key_ID: "b-2", key: KEY }] } },
      reason: "malformed",
    },
  ])("that answers with $name, and knows what it means", async ({ reply, reason }) => {
    const { sae } = vendor(() => reply)
    await expect(sae.keyNamed("pvs", ["a-1"], 32, PATIENCE)).rejects.toMatchObject({ name: "KeyServiceError", reason })
  })
})
