import { discover, EntropyClient, HttpAuthentication, LoopbackTap, type Platform, type PhoneTap } from "@starling/eaas"
import { TapDesk } from "@starling/eaas/tap"
import { slotIsEmpty } from "@starling/eaas/test-opensc"
import { noPcscd, SLOTS, throwawayPcscd } from "@starling/eaas/test-pcscd"
import { Person } from "@starling/eaas/test-person"
import { VirtualCard, type CommandSink } from "@starling/eaas/test-virtual-card"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { Prover } from "@starling/proof/node"
import { medianOf, type Figure, type FigureModule } from "./figure.ts"
import { startPlatform } from "./platform-process.ts"

const KEY_BYTES = 8192
const patience = AbortSignal.timeout(1_200_000)

/** One tap, from the first command to the last answer. */
interface Tap {
  readonly milliseconds: number
  readonly commands: number
  /** Of commands and answers together. */
  readonly bytes: number
}

/** Counts what goes over the air between a reader and a card. */
class Air implements CommandSink {
  readonly #card: CommandSink
  #begin = 0
  #end = 0
  #commands = 0
  #bytes = 0

  constructor(card: CommandSink) {
    this.#card = card
  }

  get tap(): Tap {
    return { milliseconds: this.#end - this.#begin, commands: this.#commands, bytes: this.#bytes }
  }

  async process(command: Uint8Array): Promise<Bytes> {
    if (this.#commands++ === 0) this.#begin = performance.now()
    const response = await this.#card.process(command)
    this.#bytes += command.length + response.length
    this.#end = performance.now()
    return response
  }

  leaveField(): void {
    this.#card.leaveField()
  }
}

/** Fills an empty pool by taps that bring one key each: requests are made before, as they are by whoever comes to a branch. */
export const nfc: FigureModule = {
  name: "nfc",
  async *measure() {
    await using stack = new AsyncDisposableStack()
    if (!noPcscd) stack.use(await throwawayPcscd())
    const readers = noPcscd ? [] : ["--reader", SLOTS[0].reader]
    const { url, enrolment = "" } = await startPlatform(stack, ["--embedded", ...readers])
    const { platform } = await discover(url, patience)
    const prover = stack.use(await Prover.open())
    const person = stack.use(
      await Person.with(async (tap) => {
        const client = clientOf(platform, tap, prover)
        await client.register(enrolment, patience)
        return client
      }),
    )
    const tapOnce = noPcscd ? inMemory(platform) : overPcsc
    const taps: Tap[] = []
    while (person.pool.bytes < person.pool.capacity) {
      const { obtained } = await person.request(undefined, KEY_BYTES)
      const air = new Air(person.card)
      await tapOnce(air, obtained)
      taps.push(air.tap)
    }
    yield* figuresOf(taps, person.pool.bytes, noPcscd ? "in memory, no pcscd" : "through pcscd")
  },
}

function* figuresOf(taps: readonly Tap[], poolBytes: number, how: string): Generator<Figure> {
  const milliseconds = taps.reduce((sum, tap) => sum + tap.milliseconds, 0)
  const [first] = taps
  if (first === undefined) throw new Error("the pool was full before the first tap")
  yield { figure: `nfc, ${how}: bytes of key`, value: (poolBytes * 1000) / milliseconds, unit: "bytes/s" }
  yield { figure: `nfc, ${how}: taps to fill a pool of ${poolBytes} bytes`, value: taps.length, unit: "taps" }
  yield {
    figure: `nfc, ${how}: a tap that brings ${KEY_BYTES} bytes, median`,
    value: medianOf(taps.map((tap) => tap.milliseconds)),
    unit: "ms",
  }
  yield {
    figure: `nfc, ${how}: commands in a tap, median`,
    value: medianOf(taps.map((tap) => tap.commands)),
    unit: "commands",
  }
  yield {
    figure: `nfc, ${how}: bytes over the air in a tap, median`,
    value: medianOf(taps.map((tap) => tap.bytes)),
    unit: "bytes",
  }
}

/** A client whose requests are for the first branch. */
function clientOf(platform: Platform, tap: PhoneTap, prover: Prover): EntropyClient {
  let state: Bytes | undefined
  return new EntropyClient({
    platform,
    localProvider: firstOf(platform),
    authentication: new HttpAuthentication(platform),
    tap,
    prover,
    random: { draw: (length) => osEntropy(length) },
    journal: { load: () => state, save: (next) => void (state = next) },
    clock: { now: () => Date.now() },
  })
}

async function overPcsc(air: Air, obtained: Promise<void>): Promise<void> {
  const card = await VirtualCard.insert(air, SLOTS[0].port)
  await obtained
  await card[Symbol.asyncDispose]()
  await slotIsEmpty(0)
}

function inMemory(platform: Platform): (air: Air, obtained: Promise<void>) => Promise<void> {
  const loopback = new LoopbackTap(firstOf(platform))
  const provider = { request: async (frame: Uint8Array) => await loopback.transceive(new Uint8Array(frame), patience) }
  const desk = new TapDesk(
    provider,
    async (milliseconds) => await new Promise((done) => setTimeout(done, milliseconds)),
  )
  return async (air, obtained) => {
    const outcome = await desk.serve({ transmit: async (command) => await air.process(command) }, patience)
    if (outcome.kind !== "delivered") throw new Error(`a tap brought no key: ${outcome.kind}`)
    await obtained
  }
}

function firstOf({ localProviders: [first] }: Platform): Platform["localProviders"][number] {
  if (first === undefined) throw new Error("a platform without branches")
  return first
}
