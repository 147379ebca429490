import { setTimeout as pause } from "node:timers/promises"

import { CardGone, type CardLink } from "@starling/eaas/tap"
import type { Bytes } from "@starling/kernel"
import type { Card, Reader, ReaderStatusFlags } from "pcsc-mini"

type Pcsc = typeof import("pcsc-mini")

/** `--reader` was given, and this machine can't have one. */
export class ReaderMissing extends Error {
  override readonly name = "ReaderMissing"
}

/** A card that is in a reader's field. Disposing of it gives the reader back. */
export interface CardInField extends CardLink, AsyncDisposable {}

/** Readers hand over cards that they have just powered, and may need a moment. In milliseconds, and how often. */
const POWERING = 100
const LEAVING = 2_000
const STATUS_BYTES = 2
const ATTEMPTS = 10

/** A daemon that is gone is looked for so often. In milliseconds. */
const RESTART = 2_000

/** The readers of this machine, as PC/SC's daemon knows them. They may come and go. */
export class PcscReaders implements Disposable {
  readonly #pcsc: Pcsc
  readonly #broken: (why: string) => void
  #client: InstanceType<Pcsc["Client"]>
  #restart: NodeJS.Timeout | undefined
  readonly #readers = new Map<string, Reader>()
  readonly #status = new Map<string, ReaderStatusFlags>()
  readonly #waiting = new Set<() => void>()

  private constructor(pcsc: Pcsc, broken: (why: string) => void) {
    this.#pcsc = pcsc
    this.#broken = broken
    this.#client = this.#newClient()
  }

  /**
   * `broken` hears that the daemon is gone, and with it all readers; they come back when it does. Throws `ReaderMissing`
   * where there is none to begin with.
   */
  static async open(broken: (why: string) => void): Promise<PcscReaders> {
    const readers = new PcscReaders(await loadPcsc(), broken)
    try {
      readers.#client.start()
    } catch (cause) {
      throw new ReaderMissing("PC/SC's daemon doesn't run: start pcscd.", { cause })
    }
    return readers
  }

  /** The next card in the first reader whose name contains `name`. Waits for reader and card. */
  async nextCard(name: string, signal: AbortSignal): Promise<CardInField> {
    const { PRESENT, MUTE } = this.#pcsc.ReaderStatus
    for (;;) {
      await this.#until(() => this.#has(name, PRESENT) && !this.#has(name, MUTE), signal)
      for (let attempt = 1; attempt <= ATTEMPTS && this.#has(name, PRESENT); attempt++) {
        const card = await this.#connect(name)
        if (card !== undefined) return this.#inField(name, card)
        await pause(POWERING, undefined, { signal })
      }
      // It lies there and can't be spoken to; mostly it has to be taken away and held to the reader again.
      await this.left(name, signal)
    }
  }

  /**
   * Resolves when the reader has seen that its card left, or after a while. A card that is given back before that may leave PC/SC,
   * which looks a few times a second, with no card for good.
   */
  async left(name: string, signal: AbortSignal): Promise<void> {
    const given = AbortSignal.any([signal, AbortSignal.timeout(LEAVING)])
    await this.#until(() => !this.#has(name, this.#pcsc.ReaderStatus.PRESENT), given).catch(() =>
      signal.throwIfAborted(),
    )
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#restart)
    this.#stop()
  }

  #newClient(): InstanceType<Pcsc["Client"]> {
    const client = new this.#pcsc.Client()
    client.on("reader", (reader) => this.#watch(reader))
    client.on("error", ({ message }) => {
      this.#broken(message)
      this.#stop()
      this.#restart = setTimeout(() => this.#startAnew(), RESTART)
    })
    return client
  }

  #startAnew(): void {
    try {
      this.#client = this.#newClient()
      this.#client.start()
    } catch {
      this.#restart = setTimeout(() => this.#startAnew(), RESTART)
    }
  }

  #stop(): void {
    try {
      this.#client.stop()
    } catch {
      // Of a daemon that is gone there is nothing left to stop.
    }
  }

  #watch(reader: Reader): void {
    const name = reader.name()
    this.#readers.set(name, reader)
    reader.on("change", (status) => {
      this.#status.set(name, status)
      this.#changed()
    })
    reader.on("disconnect", () => {
      this.#readers.delete(name)
      this.#status.delete(name)
      this.#changed()
    })
  }

  #changed(): void {
    for (const look of this.#waiting) look()
  }

  #reader(name: string): Reader | undefined {
    return [...this.#readers.values()].find((reader) => reader.name().includes(name))
  }

  #has(name: string, flag: number): boolean {
    const reader = this.#reader(name)
    return reader !== undefined && this.#status.get(reader.name())?.has(flag) === true
  }

  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (isSo()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = (): void => {
      if (isSo()) resolve()
    }
    const giveUp = (): void => reject(signal.reason)
    this.#waiting.add(look)
    signal.addEventListener("abort", giveUp, { once: true })
    try {
      await promise
    } finally {
      this.#waiting.delete(look)
      signal.removeEventListener("abort", giveUp)
    }
  }

  async #connect(name: string): Promise<Card | undefined> {
    try {
      return await this.#reader(name)?.connect(this.#pcsc.CardMode.EXCLUSIVE)
    } catch {
      return undefined
    }
  }

  #inField(name: string, card: Card): CardInField {
    const { RESET, UNPOWER } = this.#pcsc.CardDisposition
    let torn = false
    return {
      transmit: async (command: Bytes): Promise<Bytes> => {
        const response = await card.transmit(command).catch((cause: unknown) => {
          torn = true
          throw new CardGone(`the card left the field of ${name}`, { cause })
        })
        // Some drivers make nothing of a card that left in the middle of a command.
        if (response.length < STATUS_BYTES) {
          torn = true
          throw new CardGone(`the card left the field of ${name}`)
        }
        return new Uint8Array(response)
      },
      async [Symbol.asyncDispose]() {
        // A card that is gone can't be given back either.
        await card.disconnect(torn ? UNPOWER : RESET).catch(() => {})
      },
    }
  }
}

async function loadPcsc(): Promise<Pcsc> {
  try {
    return await import("pcsc-mini")
  } catch (cause) {
    const why = "--reader needs the package pcsc-mini, which npm installs where it can, and libpcsclite."
    throw new ReaderMissing(why, { cause })
  }
}
