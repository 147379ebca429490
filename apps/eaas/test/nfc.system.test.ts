import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { discover } from "@starling/eaas"
import { opensc, slotIsEmpty } from "@starling/eaas/test-opensc"
import { throwawayPcscd, noPcscd, SLOTS } from "@starling/eaas/test-pcscd"
import { Person } from "@starling/eaas/test-person"
import { enrolledClient, patience, testPlatform } from "@starling/eaas/test-platform"
import { VirtualCard, type CommandSink } from "@starling/eaas/test-virtual-card"
import { toHex, type Bytes } from "@starling/kernel"
import { IdealProofs } from "@starling/proof/ideal"
import { Prover } from "@starling/proof/node"
import { afterAll, expect, test, vi } from "vitest"

import { serveReaders } from "../src/nfc/serve-readers.ts"
import { clientOf } from "./client.ts"
import { start } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-nfc-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const MAIN = join(import.meta.dirname, "../src/main.ts")
/** The machine's one daemon may be another test's for minutes. */
const PATIENCE = { timeout: 900_000 }
const proofs = new IdealProofs()
const noLog = (): void => {}

/** Counts the commands of this protocol, and has the card taken away when it was to answer number `at` of them. */
class Yanked implements CommandSink {
  readonly #sink: CommandSink
  readonly #at: number
  readonly yanked = Promise.withResolvers<void>()
  card: VirtualCard | undefined
  commands = 0

  constructor(sink: CommandSink, at = Number.POSITIVE_INFINITY) {
    this.#sink = sink
    this.#at = at
  }

  async process(command: Uint8Array): Promise<Bytes> {
    this.commands++
    const response = await this.#sink.process(command)
    if (this.commands === this.#at) {
      this.card?.remove()
      this.yanked.resolve()
    }
    return response
  }

  leaveField(): void {
    this.#sink.leaveField()
  }
}

async function hold(sink: Yanked, port: number): Promise<VirtualCard> {
  return (sink.card = await VirtualCard.insert(sink, port))
}

/** Addresses, as Linux writes them, that this machine listens on at `port`. */
function listenersAt(port: number): readonly string[] {
  const LISTENING = "0A"
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readFileSync(table, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === LISTENING && local?.endsWith(`:${port.toString(16).toUpperCase()}`))
      .map(([, local = ""]) => local.slice(0, -5)),
  )
}

test.skipIf(noPcscd)("a card from elsewhere can't be held to the virtual reader (needs pcscd)", PATIENCE, async () => {
  await using _ = await throwawayPcscd()
  const LOOPBACK = "0100007F"
  await vi.waitFor(() => expect(SLOTS.map(({ port }) => listenersAt(port))).toEqual([[LOOPBACK], [LOOPBACK]]), 10_000)
})

test.skipIf(noPcscd)(
  "a phone held to a branch's reader gets its key over PC/SC, and none at the other branch (needs pcscd)",
  PATIENCE,
  async ({ annotate }) => {
    await using _ = await throwawayPcscd()
    await using prover = await Prover.open()
    const readers = SLOTS.flatMap(({ reader }) => ["--reader", reader])
    await using platform = await start("all", "--embedded", "--data", join(root, "all"), ...readers)
    const found = await discover(`${platform.ready.url}#${platform.ready.enrolment}`, patience)
    using person = await Person.with(async (tap) => {
      const client = clientOf(found.platform, prover, undefined, 0, tap)
      await client.register(found.enrolmentCode, patience)
      return client
    })
    const first = await person.request()
    {
      await using _elsewhere = await VirtualCard.insert(person.card, SLOTS[1].port)
      await expect(first.obtained).rejects.toMatchObject({ refusal: "wrong-local-provider" })
    }
    const second = await person.request()
    const begin = performance.now()
    await using _card = await VirtualCard.insert(person.card, SLOTS[0].port)
    await second.obtained
    await annotate(`${Math.round(performance.now() - begin)} ms from the tap to the pool`)
    expect(person.pool.bytes).toBe(1024)
    expect(person.pool.deliveries()).toMatchObject([{ path: "nfc tap", localProvider: "first branch" }])
    // The phone stays where it is, and its next request is served too.
    const third = await person.request()
    await third.obtained
    expect(person.pool.bytes).toBe(2048)
  },
)

test.skipIf(noPcscd)(
  "a card yanked out of the virtual reader at each command in turn gets its key with the next tap, once (needs pcscd)",
  PATIENCE,
  async () => {
    await using _ = await throwawayPcscd()
    await using at = await testPlatform({ verifier: proofs })
    const [{ reader, port }] = SLOTS
    await using _readers = await serveReaders([{ provider: at.lps[0], readers: [reader] }], noLog)
    using person = await Person.with(async (tap) => await enrolledClient(at, proofs, { tap }, 100))

    const whole = new Yanked(person.card)
    {
      const { obtained } = await person.request()
      await using _card = await hold(whole, port)
      await obtained
    }
    const commands = whole.commands
    expect(commands).toBeGreaterThan(10)
    for (let torn = 1; torn <= commands; torn++) {
      const { obtained } = await person.request()
      const yanked = new Yanked(person.card, torn)
      await hold(yanked, port)
      await yanked.yanked.promise
      await slotIsEmpty(0)
      await using _again = await hold(new Yanked(person.card), port)
      await obtained
      expect(person.deliveries).toHaveLength(torn + 1)
    }
    expect(person.pool.bytes).toBe(1024 * (commands + 1))
    const [issued] = await at.database.query("select count(*)::integer as n from issues")
    expect(issued?.["n"]).toBe(commands + 1)
  },
)

test.skipIf(noPcscd)("readers come back when PC/SC's daemon does (needs pcscd)", PATIENCE, async () => {
  await using stack = new AsyncDisposableStack()
  const daemon = await throwawayPcscd()
  await using at = await testPlatform({ verifier: proofs })
  const [{ reader, port }] = SLOTS
  const lost = Promise.withResolvers<void>()
  const log = (event: string): void => {
    if (event === "readers lost") lost.resolve()
  }
  stack.use(await serveReaders([{ provider: at.lps[0], readers: [reader] }], log))
  await daemon[Symbol.asyncDispose]()
  await lost.promise
  stack.use(await throwawayPcscd())
  using person = await Person.with(async (tap) => await enrolledClient(at, proofs, { tap }))
  const { obtained } = await person.request()
  await using _card = await VirtualCard.insert(person.card, port)
  await obtained
  expect(person.pool.bytes).toBe(1024)
})

test("without PC/SC, a reader that was asked for is missed in words", async () => {
  const command = spawnSync(
    process.execPath,
    [MAIN, "lp", "--data", join(root, "none"), "--pvs", "http://127.0.0.1:9/", "--reader", "x"],
    {
      encoding: "utf8",
      env: { ...process.env, PCSCLITE_CSOCK_NAME: join(root, "no socket") },
    },
  )
  expect(command).toMatchObject({ status: 1, stderr: expect.stringMatching(/^.*(start pcscd|needs the package).*\n$/) })
})

test.skipIf(noPcscd)("OpenSC's own reader speaks to the card (needs pcscd)", PATIENCE, async () => {
  await using _ = await throwawayPcscd()
  using person = new Person()
  const request = Uint8Array.from({ length: 300 }, (_, i) => i)
  person.card.offer(request)
  const [{ port }] = SLOTS
  await using _card = await VirtualCard.insert(person.card, port)
  const answer = await vi.waitFor(
    async () => {
      const answers = await opensc(0, ["00A40400 07F0454141530001 00", "80100000 00", "80100002 2C", "80990000 00"])
      expect(answers).toHaveLength(4)
      return answers
    },
    { timeout: 20_000, interval: 500 },
  )
  const [state, begin, end, unknown] = answer
  expect(state).toMatchObject({ status: "9000" })
  expect(state?.data.slice(0, 20)).toBe("01000000012c00000000")
  expect(begin).toEqual({ status: "9000", data: toHex(request.subarray(0, 256)) })
  expect(end).toEqual({ status: "9000", data: toHex(request.subarray(256)) })
  expect(unknown).toEqual({ status: "6d00", data: "" })
})
