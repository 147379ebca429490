import { setTimeout as pause } from "node:timers/promises"

import type { LocalProvider } from "@starling/eaas"
import { CardGone, TapDesk } from "@starling/eaas/tap"
import { assertNever } from "@starling/kernel"
import type { Log } from "../log.ts"
import { PcscReaders, type CardInField } from "./pcsc-reader.ts"

/** A branch, and the readers that it has: each by a part of its name. */
export interface Branch {
  readonly provider: LocalProvider
  readonly readers: readonly string[]
}

/** A phone that stays in the field is asked so often whether its peer has another request. In milliseconds. */
const IDLE = 250
/** What was turned away, or refused, is not tried again at once. */
const AFTER_REFUSAL = 2_000

/** Serves whoever holds a phone to a reader of these branches. Throws `ReaderMissing`. */
export async function serveReaders(branches: readonly Branch[], log: Log): Promise<AsyncDisposable> {
  if (branches.every(({ readers }) => readers.length === 0)) return { [Symbol.asyncDispose]: async () => {} }
  const ended = new AbortController()
  const readers = await PcscReaders.open((why) => log("readers lost", { why }))
  const serving = branches.flatMap(({ provider, readers: names }) => {
    const desk = new TapDesk(provider, async (milliseconds) => await pause(milliseconds))
    return names.map(async (name) => await serveReader(readers, name, desk, log, ended.signal))
  })
  return {
    async [Symbol.asyncDispose]() {
      ended.abort()
      await Promise.all(serving)
      readers[Symbol.dispose]()
    },
  }
}

async function serveReader(
  readers: PcscReaders,
  name: string,
  desk: TapDesk,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await using card = await readers.nextCard(name, signal)
      await serveCard(card, desk, log, signal)
      await readers.left(name, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Until the card leaves: a phone may have several requests, one after the other. */
async function serveCard(card: CardInField, desk: TapDesk, log: Log, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted) {
      const outcome = await desk.serve(card, signal)
      switch (outcome.kind) {
        case "delivered":
          break
        case "idle":
          await pause(IDLE, undefined, { signal })
          break
        case "turned-away":
          await pause(AFTER_REFUSAL, undefined, { signal })
          break
        case "refused":
          log("card refused", { reason: outcome.reason })
          await pause(AFTER_REFUSAL, undefined, { signal })
          break
        default:
          assertNever(outcome)
      }
    }
  } catch (error) {
    if (!(error instanceof CardGone) && !signal.aborted) throw error
  }
}
