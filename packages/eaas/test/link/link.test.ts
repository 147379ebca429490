import { expect, describe, test } from "vitest"
import {
  AuthenticatedLine,
  AuthenticationKey,
  gain,
  judgeClicks,
  linePair,
  LinkTampered,
  ROUND_KEY_BYTES,
  type ClassicalLine,
  type LinkModel,
  type Triple,
} from "@starling/eaas/link"
import { utf8, type Bytes } from "@starling/kernel"
import { keyOf, seeded, shortLink, SHORT } from "./short-link.ts"

type Direction = "to the source" | "to the detector"
/** What somebody on the line makes of a message; `undefined` where it never arrives. */
type Meddling = (message: Bytes, direction: Direction, number: number) => Bytes | undefined

/** A line with somebody on it. */
function tapped(meddle: Meddling): () => readonly [ClassicalLine, ClassicalLine] {
  return () => {
    const [source, detector] = linePair()
    const count = { "to the source": 0, "to the detector": 0 }
    const through = (line: ClassicalLine, direction: Direction): ClassicalLine => ({
      ...line,
      send(message) {
        const changed = meddle(message, direction, count[direction]++)
        if (changed === undefined) return line.close()
        line.send(changed)
      },
    })
    return [through(source, "to the detector"), through(detector, "to the source")]
  }
}

const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

describe("a link that nobody touches", () => {
  test("gives both ends one key, block after block, and no two alike; one seed gives one story", async () => {
    using link = shortLink(1)
    const [first, second] = [keyOf(await link.round()), keyOf(await link.round())]
    expect(first.length).toBeGreaterThan(3000)
    expect(Buffer.compare(first, second)).not.toBe(0)
    using again = shortLink(1)
    expect(keyOf(await again.round())).toEqual(first)
    const ones = first.reduce((count, byte) => count + byte.toString(2).replaceAll("0", "").length, 0)
    expect(Math.abs(ones - 4 * first.length)).toBeLessThan(5 * Math.sqrt(2 * first.length))
  })

  test("puts back into the authentication key what a round took, before anybody gets a bit", async () => {
    const entropy = seeded(2)
    const key = entropy(2 * ROUND_KEY_BYTES)
    using link = shortLink(2, { shared: { source: key, detector: key.slice() } })
    for (let i = 0; i < 3; i++) keyOf(await link.round())
    const { source, detector } = link.sharedKeys()
    expect(source).toHaveLength(2 * ROUND_KEY_BYTES)
    expect(source).toEqual(detector)
    expect(source).not.toEqual(key)
  })

  test("gives nothing, and no alarm, where a block is too small to be sure of anything", async () => {
    using link = shortLink(3, { pulses: 50_000 })
    const { source, detector } = await link.round()
    expect([source.kind, detector.kind]).toEqual(["no key", "no key"])
  })

  test("takes ends with different keys for strangers", async () => {
    const entropy = seeded(4)
    using link = shortLink(4, { shared: { source: entropy(ROUND_KEY_BYTES), detector: entropy(ROUND_KEY_BYTES) } })
    const { source, detector } = await link.round()
    expect([source.kind, detector.kind]).toEqual(["alarm", "alarm"])
  })
})

describe("an eavesdropper who measures", () => {
  test.for([1, 0.2, 0.05])("%d of the pulses raises the alarm at both ends, and nobody has key", async (fraction) => {
    using link = shortLink(5)
    link.interception = { fraction }
    const { source, detector } = await link.round()
    expect(source).toMatchObject({ kind: "alarm", alarm: { kind: "errors" } })
    expect(detector).toMatchObject({ kind: "alarm", alarm: { kind: "errors" } })
    expect("key" in source || "key" in detector).toBe(false)
  })

  test("goes away: the next block gives key again", async () => {
    using link = shortLink(6)
    link.interception = { fraction: 1 }
    expect((await link.round()).detector.kind).toBe("alarm")
    link.interception = { fraction: 0 }
    keyOf(await link.round())
  })

  test("stays: the ends run out of authentication key, and say so, before any of it serves twice", async () => {
    const key = seeded(7)(2 * ROUND_KEY_BYTES)
    using link = shortLink(7, { shared: { source: key, detector: key.slice() }, pulses: 200_000 })
    link.interception = { fraction: 1 }
    await link.round()
    await link.round()
    const { source, detector } = await link.round()
    const why = "the authentication key is used up"
    expect([source, detector]).toMatchObject([
      { kind: "no key", why },
      { kind: "no key", why },
    ])
  })

  test("keeps part of the light: clicks go missing at every intensity that has any", () => {
    const clicksOf = (model: LinkModel): Triple => {
      const matching = model.keyBasis ** 2 + (1 - model.keyBasis) ** 2
      const of = (i: 0 | 1 | 2) => 1e6 * matching * model.probabilities[i] * gain(model, model.intensities[i])
      return [of(0), of(1), of(2)]
    }
    expect(judgeClicks(clicksOf(SHORT), 1e6, SHORT)).toBeUndefined()
    expect(judgeClicks(clicksOf({ ...SHORT, transmittance: 0.95 }), 1e6, SHORT), "drift").toBeUndefined()
    expect(judgeClicks(clicksOf({ ...SHORT, transmittance: 0.7 }), 1e6, SHORT)).toMatchObject({
      kind: "clicks",
      intensity: 0.3,
    })
  })
})

describe("somebody on the line beside the fibre who", () => {
  /** Rounds over a line with somebody on it: nobody may end up with key. */
  async function rounds(seed: number, meddle: Meddling, count = 1) {
    using link = shortLink(seed, { line: tapped(meddle) })
    let last = await link.round()
    for (let i = 1; i < count; i++) last = await link.round()
    return last
  }

  test.for<{ name: string; meddle: Meddling }>([
    {
      name: "changes which pulses clicked",
      meddle: (m, to, n) => (to === "to the source" && n === 0 ? flipped(m, 100) : m),
    },
    { name: "changes the sifting", meddle: (m, to, n) => (to === "to the detector" && n === 0 ? flipped(m, 100) : m) },
    {
      name: "changes a tag",
      meddle: (m, to, n) => (to === "to the detector" && n === 0 ? flipped(m, m.length - 1) : m),
    },
    {
      name: "hides errors in the estimate",
      meddle: (m, to, n) => (to === "to the source" && n === 1 ? flipped(m, 5) : m),
    },
    { name: "changes a question", meddle: (m, to, n) => (to === "to the source" && n === 4 ? flipped(m, 10) : m) },
    {
      name: "changes a parity",
      meddle: (m, to, n) => (to === "to the detector" && n === 3 ? flipped(m, m.length - 1) : m),
    },
    {
      name: "changes the seed of the amplification",
      meddle: (m, to) => (to === "to the detector" && m[1] === 6 ? flipped(m, 50) : m),
    },
    {
      name: "cuts a message short",
      meddle: (m, to, n) => (to === "to the source" && n === 0 ? m.slice(0, m.length / 2) : m),
    },
    { name: "sends nothing", meddle: (m, to, n) => (to === "to the source" && n === 1 ? new Uint8Array() : m) },
    { name: "cuts the line", meddle: (m, to, n) => (to === "to the detector" && n === 2 ? undefined : m) },
  ])("$name gets no key made at either end, and an alarm", async ({ meddle }) => {
    const { source, detector } = await rounds(9, meddle)
    expect([source.kind, detector.kind]).toEqual(["alarm", "alarm"])
    expect([source, detector]).toContainEqual(
      expect.objectContaining({ alarm: expect.objectContaining({ kind: "tampering" }) }),
    )
  })

  test("replays the sifting of an earlier block is refused", async () => {
    let recorded: Bytes | undefined
    let round = 0
    const meddle: Meddling = (message, direction, number) => {
      if (direction !== "to the detector" || number !== 0) return message
      round++
      if (round === 1) recorded = message
      return round === 2 ? recorded : message
    }
    const { source, detector } = await rounds(10, meddle, 2)
    expect(detector).toMatchObject({ kind: "alarm", alarm: { kind: "tampering" } })
    expect(source.kind).toBe("alarm")
  })

  test("stands in for either end without its key gets nothing out of it", async () => {
    // A detector of the attacker's own, which authenticates with a key that it made up.
    const strangers = { source: seeded(11)(ROUND_KEY_BYTES), detector: seeded(12)(ROUND_KEY_BYTES) }
    using link = shortLink(11, { shared: strangers })
    const { source } = await link.round()
    expect(source).toMatchObject({ kind: "alarm", alarm: { kind: "tampering" } })
  })
})

describe("a vouched message", () => {
  function ends(meddle: (message: Bytes) => Bytes = (message) => message) {
    const shared = seeded(13)(2 * ROUND_KEY_BYTES)
    const [a, b] = [new AuthenticationKey(shared), new AuthenticationKey(shared)]
    const [near, far] = linePair()
    const sent: Bytes[] = []
    const line: ClassicalLine = { ...near, send: (message) => (sent.push(message), near.send(meddle(message))) }
    const make = (on: ClassicalLine, end: "source" | "detector", key: AuthenticationKey) => {
      const { round, keys } = key.nextRound()!
      return { keys, line: new AuthenticatedLine(on, end, round, keys) }
    }
    return {
      source: make(line, "source", a),
      detector: make(far, "detector", b),
      near,
      sent,
      keys: [a, b] as const,
      make,
      far,
    }
  }

  test("comes through, with what was said before it, and its key is wiped at both ends", async () => {
    const { source, detector } = ends()
    source.line.say(utf8("plain"))
    source.line.vouch(utf8("vouched"))
    expect(await detector.line.hear()).toEqual(utf8("plain"))
    expect(await detector.line.hearVouched()).toEqual(utf8("vouched"))
    expect([source.keys.source[0], detector.keys.source[0]]).toEqual([new Uint8Array(32), new Uint8Array(32)])
  })

  test("with a forged tag is refused", async () => {
    const { source, detector } = ends((message) => flipped(message, message.length - 3))
    source.line.vouch(utf8("vouched"))
    await expect(detector.line.hearVouched()).rejects.toThrow(LinkTampered)
  })

  test("that is replayed in the same round is refused, since its number has another key", async () => {
    const { source, detector, near, sent } = ends()
    source.line.vouch(utf8("vouched"))
    await detector.line.hearVouched()
    near.send(sent[0]!)
    await expect(detector.line.hearVouched()).rejects.toThrow(LinkTampered)
  })

  test("that overtakes another is refused", async () => {
    const { source, detector, sent, near, far } = ends()
    source.line.vouch(utf8("first"))
    source.line.vouch(utf8("second"))
    await far.receive()
    await far.receive()
    near.send(sent[1]!)
    await expect(detector.line.hearVouched()).rejects.toThrow(LinkTampered)
  })

  test("that comes back to its author is refused", async () => {
    const { source, sent, far } = ends()
    source.line.vouch(utf8("vouched"))
    far.send(sent[0]!)
    await expect(source.line.hearVouched()).rejects.toThrow(LinkTampered)
  })

  test("is refused where a plain message in front of it was changed", async () => {
    let number = 0
    const { source, detector } = ends((message) => (number++ === 0 ? flipped(message, 0) : message))
    source.line.say(utf8("plain"))
    source.line.vouch(utf8("vouched"))
    await detector.line.hear()
    await expect(detector.line.hearVouched()).rejects.toThrow(LinkTampered)
  })
})
