import { readFileSync } from "node:fs"

import { fc, test as property } from "@fast-check/vitest"
import { StatusWord, TapCard, TapDesk, type CardPeer } from "@starling/eaas/tap"
import { concat, fromHex, toHex, type Bytes } from "@starling/kernel"
import { expect, test } from "vitest"
import { sha256 } from "@noble/hashes/sha2.js"
import { patience } from "../platform.ts"

const SELECT = "00A4040007F045414153000100"
const REQUEST = new Uint8Array(300).fill(7)
const RECEIPT = new Uint8Array(32).fill(9)

interface Recording extends CardPeer {
  readonly answers: Bytes[]
}

function peer(kind: "durable" | "refused" | "silent" = "durable"): Recording {
  const answers: Bytes[] = []
  return {
    answers,
    handOver: async (_, answer) => {
      answers.push(answer)
      return kind === "durable" ? { kind, receipt: RECEIPT } : { kind }
    },
  }
}

function cardWith(at: CardPeer): TapCard {
  const card = new TapCard(at)
  card.offer(REQUEST)
  return card
}

/** Sends commands in hexadecimal and gives the last response so. */
async function send(card: TapCard, ...commands: readonly string[]): Promise<string> {
  let response = ""
  for (const command of commands) response = toHex(await card.process(fromHex(command.replaceAll(" ", ""))!))
  return response
}

const word = (name: StatusWord): string => toHex(Uint8Array.of(StatusWord.code(name) >> 8, StatusWord.code(name)))

test.for<readonly [name: string, commands: readonly string[], word: StatusWord]>([
  ["no command at all", [""], "wrong-length"],
  ["half a header", ["00A4"], "wrong-length"],
  ["an Lc that is longer than the data", ["8020000010AABB"], "wrong-length"],
  ["a command of the extended form", ["80200000000006000000010203"], "wrong-length"],
  ["another application", ["00A4040007F045414153FFFF00"], "unknown-application"],
  ["a SELECT that is not by name", ["00A4000007F045414153000100"], "wrong-parameters"],
  ["a command before SELECT", ["8040000004"], "not-selected"],
  ["a class that is not ours", [SELECT, "9040000004"], "unknown-class"],
  ["an instruction that there is not", [SELECT, "8099000000"], "unknown-instruction"],
  ["a block behind the request's end", [SELECT, "8010000300"], "wrong-offset"],
  ["a part that leaves a hole", [SELECT, "802000000500000001AA"], "wrong-offset"],
  ["a part of nothing", [SELECT, "802000000400000000"], "wrong-length"],
  ["a COMMIT of nothing", [SELECT, `8030000020${"00".repeat(32)}20`], "not-selected"],
  ["a COMMIT of half a digest", [SELECT, "802000000500000000AA", `8030000010${"00".repeat(16)}20`], "wrong-length"],
  ["a COMMIT of something else", [SELECT, "802000000500000000AA", `8030000020${"00".repeat(32)}20`], "wrong-digest"],
  [
    "STATUS after another application was selected",
    [SELECT, "00A4040007F045414153FFFF00", "8040000004"],
    "not-selected",
  ],
])("a card answers %s with the status word for it, and hands nothing over", async ([, commands, expected]) => {
  const at = peer()
  expect(await send(cardWith(at), ...commands)).toBe(word(expected))
  expect(at.answers).toEqual([])
})

test("a card takes no more than an answer may have", async () => {
  const card = cardWith(peer())
  await send(card, SELECT)
  let response = ""
  for (let at = 0; response !== word("too-much") && at < 20_000; at += 251) {
    response = await send(card, `80200000FF${at.toString(16).padStart(8, "0")}${"AA".repeat(251)}`)
  }
  expect(response).toBe(word("too-much"))
})

test("what a card holds outlives the field, and a part that comes twice changes nothing", async () => {
  const at = peer()
  const card = cardWith(at)
  const part = (offset: number, data: string): string =>
    `80200000${(4 + data.length / 2).toString(16).padStart(2, "0")}${offset.toString(16).padStart(8, "0")}${data}`
  await send(card, SELECT, part(0, "AABB"))
  card.leaveField()
  expect(await send(card, part(2, "CC"))).toBe(word("not-selected"))
  const state = await send(card, SELECT)
  expect(state.slice(0, 20)).toBe("01000000012c00000002")
  expect(state.slice(20, 84)).toBe(toHex(sha256(REQUEST)))
  expect(await send(card, part(0, "AABB"), part(2, "CC"), "8040000004")).toBe("000000039000")
  const answer = fromHex("aabbcc")!
  expect(await send(card, `8030000020${toHex(sha256(answer))}20`)).toBe(`${toHex(RECEIPT)}9000`)
  expect(at.answers).toEqual([answer])
  // The receipt was lost on its way: the same COMMIT gives it again, and nothing is handed over twice.
  card.leaveField()
  expect((await send(card, SELECT)).slice(0, 12)).toBe("010200000000")
  expect(await send(card, `8030000020${toHex(sha256(answer))}20`)).toBe(`${toHex(RECEIPT)}9000`)
  expect(at.answers).toHaveLength(1)
})

test.for(["refused", "silent"] as const)("a peer that is %s gives the reader no receipt", async (kind) => {
  const card = cardWith(peer(kind))
  const commit = `8030000020${toHex(sha256(fromHex("aa")!))}20`
  const expected = kind === "refused" ? "peer-refused" : "not-acknowledged"
  expect(await send(card, SELECT, "802000000500000000AA", commit)).toBe(word(expected))
  // A peer that said nothing is asked again; what was refused is forgotten.
  expect(await send(card, "8040000004")).toBe(kind === "refused" ? "000000009000" : "000000019000")
})

test("an answer that was committed while the peer was away is handed over when it is back, without a reader", async () => {
  const at: { kind: "silent" | "durable" } = { kind: "silent" }
  const answers: Bytes[] = []
  const card = cardWith({
    handOver: async (_, answer) => {
      answers.push(answer)
      return at.kind === "durable" ? { kind: at.kind, receipt: RECEIPT } : { kind: at.kind }
    },
  })
  expect(card.offer(REQUEST)).toBe(false)
  const commit = `8030000020${toHex(sha256(fromHex("aa")!))}20`
  expect(await send(card, SELECT, "802000000500000000AA", commit)).toBe(word("not-acknowledged"))
  card.leaveField()
  at.kind = "durable"
  expect(card.offer(REQUEST)).toBe(true)
  await card.handOverAgain()
  expect(answers).toEqual([fromHex("aa"), fromHex("aa")])
  // The reader's receipt is still to be had.
  expect(await send(card, SELECT, commit)).toBe(`${toHex(RECEIPT)}9000`)
  expect(answers).toHaveLength(2)
})

property.prop([fc.uint8Array({ maxLength: 300 })])("a card never fails on what a reader sends", async (bytes) => {
  const card = cardWith(peer())
  await send(card, SELECT)
  for (const head of [[], [0x80], [0x80, 0x10], [0x80, 0x20], [0x80, 0x30]]) {
    const response = await card.process(concat(Uint8Array.from(head), bytes))
    expect(response.length).toBeGreaterThanOrEqual(2)
    expect(response.length).toBeLessThanOrEqual(258)
  }
})

const STATE = (flags: string, length: number, received: number): string =>
  `01${flags}${length.toString(16).padStart(8, "0")}${received.toString(16).padStart(8, "0")}${toHex(sha256(REQUEST))}9000`

test.for<readonly [name: string, responses: readonly string[], reason: string]>([
  ["says nothing", [""], "malformed"],
  ["has a status word that there is not", ["1234"], "malformed"],
  ["has no such application", ["6A82"], "unknown-application"],
  ["is of another version", [STATE("00", 300, 0).replace(/^01/, "02")], "malformed"],
  ["has flags that there are not", [STATE("80", 300, 0)], "malformed"],
  ["claims a request of a megabyte", [STATE("00", 1 << 20, 0)], "wrong-request"],
  ["claims to have received more than there is", [STATE("00", 300, 1 << 20)], "malformed"],
  ["gives no part of its request", [STATE("00", 300, 0), "9000"], "malformed"],
  ["gives a part that ends within a block", [STATE("00", 300, 0), `${"07".repeat(100)}9000`], "malformed"],
  ["gives more than its request has", [STATE("00", 100, 0), `${"07".repeat(200)}9000`], "malformed"],
  ["gives another request than it names", [STATE("00", 128, 0), `${"07".repeat(128)}9000`], "wrong-request"],
])("a reader refuses a card that %s, and asks the PVS nothing", async ([, responses, reason]) => {
  const asked: Bytes[] = []
  const provider = { request: async (request: Bytes) => (asked.push(request), new Uint8Array()) }
  const desk = new TapDesk(provider, async () => {})
  const waiting = [...responses]
  const link = { transmit: async () => fromHex(waiting.shift() ?? "6F00")! }
  expect(await desk.serve(link, patience)).toEqual({ kind: "refused", reason })
  expect(asked).toEqual([])
})

property.prop([fc.array(fc.uint8Array({ maxLength: 260 }), { maxLength: 8 })])(
  "a reader never fails on what a card answers",
  async (responses) => {
    const desk = new TapDesk({ request: async () => new Uint8Array() }, async () => {})
    const waiting = [fromHex(STATE("00", 300, 0))!, ...responses.map((bytes) => new Uint8Array(bytes))]
    const link = { transmit: async () => waiting.shift() ?? fromHex("6F00")! }
    expect(["refused", "idle"]).toContain((await desk.serve(link, patience)).kind)
  },
)

test("docs/wire.md names every status word", () => {
  const document = readFileSync(new URL("../../../../docs/wire.md", import.meta.url), "utf8")
  const section = document.slice(document.indexOf("\n## Taps"), document.indexOf("\n### The phone's line"))
  const codes = Array.from({ length: 0x10000 }, (_, code) => code).filter(
    (code) => StatusWord.fromCode(code) !== undefined,
  )
  expect(codes).toHaveLength(14)
  for (const code of codes) expect(section).toContain(code.toString(16).toUpperCase())
})
