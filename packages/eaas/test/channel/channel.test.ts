import { fc, it } from "@fast-check/vitest"
import {
  ChannelReceiver,
  ChannelSender,
  decodeSealedAnswer,
  encodeSealedAnswer,
  OneTimeKey,
  OpeningValidation,
  passageSentence,
  protect,
  readPassage,
  SealingValidation,
  unprotect,
  type ShortagePolicy,
} from "@starling/eaas/channel"
import { Sae, type KmeTransport } from "@starling/eaas/kme"
import { utf8, type Bytes } from "@starling/kernel"
import { describe, expect, test } from "vitest"
import { kmePair, PATIENCE, transportTo } from "../kme/kme-pair.ts"
import { seeded } from "../link/short-link.ts"

const REQUEST = utf8("the forwarded request")
const ANSWER = seeded(20)(9600)

interface Options {
  readonly policy?: ShortagePolicy
  readonly production?: boolean
  readonly pause?: () => Promise<void>
  /** Seeds the name of the sender's session. */
  readonly session?: number
  readonly tap?: (transport: KmeTransport) => KmeTransport
}

/** Both ends of a channel over a pair of KMEs. */
function channel(pair: ReturnType<typeof kmePair>, options: Options = {}) {
  const { policy = "fail", production = false, pause, session = 21, tap } = options
  const transport = transportTo(pair.here, "alice")
  const sender = new ChannelSender({
    sae: new Sae("alice", tap?.(transport) ?? transport),
    policy,
    production,
    random: { draw: seeded(session) },
    pause: pause ?? (async () => await Promise.reject(new Error("nobody waits here"))),
  })
  return { sender, receiver: new ChannelReceiver(new Sae("bob", transportTo(pair.there, "bob"))) }
}

const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

describe("an answer over the quantum channel", () => {
  test("arrives, takes as many bits as it has and 256 more, and shows none of itself on the way", async () => {
    const pair = kmePair(32_768)
    const { sender, receiver } = channel(pair)
    const { frame, protection, provenance } = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    expect({ protection, provenance }).toEqual({
      protection: "one-time pad",
      provenance: { simulated: true, bootstrapped: false },
    })
    // Three keys of one length, in whole bytes.
    const taken = 32_768 - pair.stocks[0].available()
    expect(taken - (ANSWER.length + 32)).toBeLessThan(3)
    expect(taken).toBeGreaterThanOrEqual(ANSWER.length + 32)
    expect(Buffer.from(frame).includes(Buffer.from(ANSWER.subarray(0, 16)))).toBe(false)
    const opened = await receiver.open(frame, REQUEST, "alice", PATIENCE)
    expect(opened).toEqual({ kind: "opened", answer: ANSWER, protection, provenance })
  })

  test("is another one each time, whatever is in it", async () => {
    const { sender } = channel(kmePair(32_768))
    const first = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    const second = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    const [a, b] = [first, second].map(({ frame }) => decodeSealedAnswer(frame))
    if (a!.kind !== "ok" || b!.kind !== "ok") throw new Error("no frames")
    expect(a!.value.ciphertext.filter((byte, i) => byte === b!.value.ciphertext[i]).length).toBeLessThan(200)
    expect(a!.value.keyIds.some((id) => b!.value.keyIds.includes(id))).toBe(false)
  })

  test("is refused the second time: its sequence is known, and its keys are gone", async () => {
    const pair = kmePair(32_768)
    const { sender, receiver } = channel(pair)
    const { frame } = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    expect((await receiver.open(frame, REQUEST, "alice", PATIENCE)).kind).toBe("opened")
    expect(await receiver.open(frame, REQUEST, "alice", PATIENCE)).toEqual({ kind: "refused", reason: "replayed" })
    // Even a receiver that has forgotten everything.
    const fresh = channel(pair).receiver
    expect(await fresh.open(frame, REQUEST, "alice", PATIENCE)).toEqual({ kind: "refused", reason: "no-such-key" })
  })

  test("comes again under other key, where the KMEs restarted before its key was fetched", async () => {
    let pair = kmePair(32_768)
    const through = (side: "here" | "there", sae: string): KmeTransport => ({
      call: async (...call) => await transportTo(pair[side], sae).call(...call),
    })
    const [alice, bob] = [new Sae("alice", through("here", "alice")), new Sae("bob", through("there", "bob"))]
    const { sender } = channel(pair, { tap: () => through("here", "alice") })
    const receiver = new ChannelReceiver(bob)
    const lost = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    pair = kmePair(32_768, { seed: 7 })
    const refused = { kind: "refused", reason: "no-such-key" }
    expect(await receiver.open(lost.frame, REQUEST, "alice", PATIENCE)).toEqual(refused)
    expect(await alice.service("bob", PATIENCE)).toMatchObject({ storedBits: 8 * 32_768 })

    const again = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    expect(await receiver.open(again.frame, REQUEST, "alice", PATIENCE)).toMatchObject({ answer: ANSWER })
    const [one, two] = [lost, again].map(({ frame }) => decodeSealedAnswer(frame))
    if (one?.kind !== "ok" || two?.kind !== "ok") throw new Error("no frames")
    expect(one.value.ciphertext).not.toEqual(two.value.ciphertext)
  })

  test("is opened by a Local Provider that ran on while the PVS started anew", async () => {
    const pair = kmePair(65_536)
    const { sender, receiver } = channel(pair)
    for (const end of [sender, sender, channel(pair, { session: 22 }).sender]) {
      const { frame } = await end.seal(ANSWER.slice(0, 1000), REQUEST, "bob", PATIENCE)
      expect((await receiver.open(frame, REQUEST, "alice", PATIENCE)).kind).toBe("opened")
    }
  })

  test("is given to nobody where one KME alone lost its stock, and no key is given a second time", async () => {
    const pair = kmePair(32_768)
    const { sender } = channel(pair)
    pair.there[Symbol.dispose]()
    await expect(sender.seal(ANSWER, REQUEST, "bob", PATIENCE)).rejects.toMatchObject({ name: "Unreachable" })
    expect(pair.stocks[0].available()).toBeLessThan(32_768 - ANSWER.length)
  })

  test("may overtake an earlier one, as answers do", async () => {
    const { sender, receiver } = channel(kmePair(65_536))
    const frames = []
    for (let i = 0; i < 4; i++) frames.push((await sender.seal(ANSWER.slice(0, 1000), REQUEST, "bob", PATIENCE)).frame)
    for (const i of [2, 0, 3, 1])
      expect((await receiver.open(frames[i]!, REQUEST, "alice", PATIENCE)).kind).toBe("opened")
  })

  test.for([
    { name: "whose ciphertext was changed", change: (f: Bytes) => flipped(f, f.length - 100) },
    { name: "whose tag was changed", change: (f: Bytes) => flipped(f, f.length - 1) },
    { name: "whose sequence was changed", change: (f: Bytes) => flipped(f, 55) },
    { name: "that was cut short", change: (f: Bytes) => f.slice(0, -40) },
    { name: "that was cut to nothing", change: () => new Uint8Array() },
    { name: "that names other keys", change: (f: Bytes) => flipped(f, 75) },
    { name: "to another request", change: (f: Bytes) => f, request: utf8("another request") },
    { name: "in another master's name", change: (f: Bytes) => f, master: "carol" },
  ])("$name is refused, and nothing of it comes out", async ({ change, request = REQUEST, master = "alice" }) => {
    const { sender, receiver } = channel(kmePair(32_768))
    const { frame } = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    const opened = await receiver.open(change(frame), request, master, PATIENCE)
    expect(opened.kind).toBe("refused")
    expect("answer" in opened).toBe(false)
  })

  test("that is truncated together with its length field is refused", async () => {
    const { sender, receiver } = channel(kmePair(32_768))
    const decoded = decodeSealedAnswer((await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)).frame)
    if (decoded.kind !== "ok") throw new Error("no frame")
    const shorter = encodeSealedAnswer({ ...decoded.value, ciphertext: decoded.value.ciphertext.slice(0, 9000) })
    expect(await receiver.open(shorter, REQUEST, "alice", PATIENCE)).toEqual({ kind: "refused", reason: "tampered" })
  })

  test("that says it is sealed otherwise than it is, is refused", async () => {
    const { sender, receiver } = channel(kmePair(32_768))
    const decoded = decodeSealedAnswer((await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)).frame)
    if (decoded.kind !== "ok") throw new Error("no frame")
    const other = encodeSealedAnswer({ ...decoded.value, protection: "aes-256-gcm" })
    expect(await receiver.open(other, REQUEST, "alice", PATIENCE)).toEqual({ kind: "refused", reason: "tampered" })
  })
})

describe("where key runs short", () => {
  test("the policy `fail` gives no answer, and says why", async () => {
    const { sender } = channel(kmePair(4096))
    await expect(sender.seal(ANSWER, REQUEST, "bob", PATIENCE)).rejects.toThrow("too little key")
  })

  test("the policy `aes-256-gcm` takes 256 bits, and the frame and the provenance say so", async () => {
    const pair = kmePair(4096)
    const { sender, receiver } = channel(pair, { policy: "aes-256-gcm" })
    const { frame, protection } = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    expect(protection).toBe("aes-256-gcm")
    expect(pair.stocks[0].available()).toBe(4096 - 32)
    const opened = await receiver.open(frame, REQUEST, "alice", PATIENCE)
    expect(opened).toMatchObject({ kind: "opened", answer: ANSWER, protection: "aes-256-gcm" })
    expect(
      await channel(pair).receiver.open(flipped(frame, frame.length - 500), REQUEST, "alice", PATIENCE),
    ).toMatchObject({ kind: "refused" })
    await expect(
      channel(kmePair(16), { policy: "aes-256-gcm" }).sender.seal(ANSWER, REQUEST, "bob", PATIENCE),
    ).rejects.toThrow("too little key")
  })

  test("the policy `wait` waits until there is more, and not for ever", async () => {
    const pair = kmePair(4096)
    let waits = 0
    const more = seeded(22)(16_384)
    const { sender, receiver } = channel(pair, {
      policy: "wait",
      pause: async () => {
        if (++waits === 3) for (const stock of pair.stocks) stock.add(more, "distilled")
      },
    })
    const { frame, protection } = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    expect({ waits, protection }).toEqual({ waits: 3, protection: "one-time pad" })
    expect((await receiver.open(frame, REQUEST, "alice", PATIENCE)).kind).toBe("opened")
    const patient = channel(kmePair(64), { policy: "wait", pause: async () => void waits++ }).sender
    await expect(patient.seal(ANSWER, REQUEST, "bob", PATIENCE)).rejects.toThrow("too little key")
  })

  test("a production configuration takes no simulated key, however much there is", async () => {
    const { sender } = channel(kmePair(32_768), { production: true })
    await expect(sender.seal(ANSWER, REQUEST, "bob", PATIENCE)).rejects.toThrow("a production configuration refuses")
    const real = channel(kmePair(32_768, { simulated: false }), { production: true })
    expect((await real.sender.seal(ANSWER, REQUEST, "bob", PATIENCE)).provenance.simulated).toBe(false)
  })

  test("bootstrapped key is used, and said to be", async () => {
    const { sender } = channel(kmePair(0, { bootstrapped: 32_768 }))
    const { protection, provenance } = await sender.seal(ANSWER, REQUEST, "bob", PATIENCE)
    expect(passageSentence({ protection, ...provenance })).toBe("one-time pad, simulated link, bootstrapped key")
  })
})

describe("a pad", () => {
  const bound = utf8("bound")

  it.prop([
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom("one-time pad" as const, "aes-256-gcm" as const),
    fc.nat(),
  ])("gives back what went in, and both ends' keys are wiped", (bytes, protection, seed) => {
    const message = new Uint8Array(bytes)
    const length = protection === "one-time pad" ? 32 + message.length : 32
    const [a, b] = [seeded(seed)(length), seeded(seed)(length)]
    const sealed = protect(protection, new OneTimeKey(a), bound, message)
    expect(unprotect(protection, new OneTimeKey(b), bound, sealed)).toEqual(message)
    expect([...a, ...b].every((byte) => byte === 0)).toBe(true)
  })

  it.prop([fc.nat(315), fc.integer({ min: 1, max: 255 })])("is void where one bit is not as it was", (at, change) => {
    const key = () => new OneTimeKey(seeded(30)(332))
    const sealed = protect("one-time pad", key(), bound, seeded(31)(300))
    const changed = (bytes: Bytes, from: number) => bytes.map((byte, i) => (from + i === at ? byte ^ change : byte))
    const damaged = { ciphertext: changed(sealed.ciphertext, 0), tag: changed(sealed.tag, 300) }
    expect(unprotect("one-time pad", key(), bound, damaged)).toBeUndefined()
  })

  test("that is shorter than its message is refused, and so is one that has served, by either side", () => {
    const short = new OneTimeKey(seeded(32)(331))
    expect(() => protect("one-time pad", short, bound, new Uint8Array(300))).toThrow(RangeError)
    const key = new OneTimeKey(seeded(32)(332))
    const sealed = protect("one-time pad", key, bound, seeded(33)(300))
    expect(() => protect("one-time pad", key, bound, seeded(34)(300))).toThrow("has served already")
    expect(() => unprotect("one-time pad", key, bound, sealed)).toThrow("has served already")
  })
})

describe("the PVS over the channel", () => {
  const unreachable = async () => await Promise.reject(new Error("not here"))

  test("gives a Local Provider whose SAE it doesn't know nothing but a turning away", async () => {
    const { sender } = channel(kmePair(32_768))
    const pvs = new SealingValidation({ countersign: unreachable, request: unreachable }, sender, new Map(), () => {})
    const answer = await pvs.request(utf8("whatever"), PATIENCE)
    expect(Buffer.from(answer).includes("local refusal")).toBe(true)
  })

  test("is not heard on an open line: what is not sealed is no answer", async () => {
    const { receiver } = channel(kmePair(32_768))
    const open = { countersign: unreachable, request: async () => ANSWER }
    const lp = new OpeningValidation(open, receiver, "alice")
    await expect(lp.request(REQUEST, PATIENCE)).rejects.toMatchObject({ name: "Unreachable" })
  })
})

test("only sentences that we make are shown to people", () => {
  for (const protection of ["one-time pad", "aes-256-gcm"] as const)
    for (const simulated of [true, false])
      for (const bootstrapped of [true, false]) {
        const sentence = passageSentence({ protection, simulated, bootstrapped })
        expect(readPassage(sentence)).toBe(sentence)
        expect(sentence.includes("simulated")).toBe(simulated)
      }
  for (const text of [null, "", "one-time pad, really", "one-time pad, simulated link\nx"])
    expect(readPassage(text)).toBeUndefined()
})

it.prop([fc.uint8Array({ maxLength: 400 })])("decoding a sealed answer never throws", (bytes) => {
  expect(["ok", "malformed"]).toContain(decodeSealedAnswer(bytes).kind)
})
