import { expect, test } from "vitest"
import { z } from "zod"
import { PeerProcess, starling, temporaryFolder, until } from "./peer-process.ts"

const Status = z.object({
  policy: z.string(),
  pool: z.object({ bytes: z.number(), capacity: z.number() }),
  sources: z.array(z.object({ id: z.string(), simulated: z.boolean(), state: z.string() })),
  anonymitySet: z.number(),
  caveats: z.array(z.string()),
})
const Draw = z.object({
  sequence: z.number(),
  purpose: z.string(),
  bytes: z.number(),
  label: z.enum(["mixed", "local only", "pure", "burned"]),
  operatingSystem: z.number(),
  eaas: z.array(
    z.object({
      delivery: z.object({ id: z.string(), source: z.string(), simulated: z.boolean() }),
      offset: z.number(),
      length: z.number(),
    }),
  ),
})
const Group = z.object({ group: z.string() })

/** The next request is made ahead at any time. It brings quantum entropy, and so uses none. */
const OF_REQUESTS = new Set(["key encapsulation key", "delivery id"])

async function log(peer: PeerProcess): Promise<readonly z.infer<typeof Draw>[]> {
  return (await peer.starling("entropy", "log")).map((line) => Draw.parse(line))
}

test("the pool fills by itself; keys are then mixed, and the log accounts for every byte that left the pool", async () => {
  const folder = temporaryFolder("mixed")
  const ana = await PeerProcess.up("Ana", ["--no-mdns"], folder)
  await until(
    "the pool is half full",
    async () => (await ana.ask(Status, "entropy", "status")).pool.bytes >= 32_768,
    60_000,
  )
  const status = await ana.ask(Status, "entropy", "status")
  expect(status).toMatchObject({ policy: "mixed", anonymitySet: 1 })
  expect(status.sources.find(({ id }) => id === "eaas")).toMatchObject({ simulated: true })
  expect(status.caveats.join(" ")).toMatch(/simulated.*anonymity set is one/)

  const seen = (await log(ana)).at(-1)?.sequence ?? 0
  const { group } = await ana.ask(Group, "group", "create", "Mixed")
  await ana.starling("group", "heal", group)
  await ana.starling("send", group, "made of two sources")
  const fresh = (await log(ana)).filter(({ sequence, purpose }) => sequence > seen && !OF_REQUESTS.has(purpose))
  expect(new Set(fresh.map(({ label }) => label))).toEqual(new Set(["mixed"]))

  await ana.end("SIGKILL")
  const again = await PeerProcess.up("Ana", ["--no-mdns", "--eaas", "off"], folder)
  const draws = await log(again)
  const ranges = draws.flatMap(({ eaas }) => eaas).sort((a, b) => a.offset - b.offset)
  for (const [i, range] of ranges.entries()) expect(range.offset).toBe(i === 0 ? 0 : endOf(ranges[i - 1]))
  const { pool } = await again.ask(Status, "entropy", "status")
  expect(endOf(ranges.at(-1)) + pool.bytes).toBe(32_768)
  expect(draws.filter(({ label }) => label === "burned")).toHaveLength(1)
})

test.for(["strict", "pure"] as const)(
  "policy %s makes no key without the quantum source, and all with it",
  async (policy) => {
    const folder = temporaryFolder(policy)
    const refused = await starling(
      "up",
      "--data",
      folder,
      "--port",
      "0",
      "--headless",
      "--no-mdns",
      "--eaas",
      "off",
      "--entropy",
      policy,
    )
    expect(refused).toMatchObject({ status: 1, error: { code: "no-eaas" } })
    const ana = await PeerProcess.up("Ana", ["--no-mdns", "--entropy", policy], folder)
    await ana.starling("group", "create", "Quantum")
    const keys = (await log(ana)).filter(({ purpose }) => /identity key|device|leaf|group/.test(purpose))
    expect(keys.length).toBeGreaterThan(4)
    expect(new Set(keys.map(({ label }) => label))).toEqual(new Set([policy === "pure" ? "pure" : "mixed"]))
  },
)

function endOf(range: { readonly offset: number; readonly length: number } | undefined): number {
  return range === undefined ? 0 : range.offset + range.length
}
