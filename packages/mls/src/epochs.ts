import type { MlsContext } from "./context.ts"
import type { GroupState } from "./group-state.ts"
import { openMlsMessage } from "./mls-message.ts"
import { receive, type Received, type ReceiveOptions } from "./receive.ts"
import { orRefused } from "./refusal.ts"

/** One member's view of a group whose commits come in one order, with what reads messages of epochs that are over. */
export interface Epochs {
  readonly current: GroupState
  /** The newest first. They read application messages and do nothing else: all other secrets of theirs are gone. */
  readonly past: readonly GroupState[]
}

export interface EpochsOptions extends ReceiveOptions {
  /** How many past epochs are kept; each lets who steals this device read what is still to come of that epoch. */
  readonly keep: number
}

/**
 * RFC 9420, 15: as `receive`, for messages of the current epoch and application messages of the past ones that are kept. A
 * commit makes the current epoch a past one.
 */
export function receiveInEpochs(
  mls: MlsContext,
  epochs: Epochs,
  message: Uint8Array,
  options: EpochsOptions,
): { readonly received: Received; readonly epochs: Epochs } {
  const { current, past } = epochs
  const of = epochOf(message)
  const former = of === current.epoch ? undefined : past.find(({ epoch }) => epoch === of)
  if (former !== undefined) {
    const received = receive(mls, former, message, options)
    if (received.kind !== "application") return { received: wrongEpoch(received), epochs }
    const next = past.map((state) => (state === former ? received.next : state))
    return { received, epochs: { current, past: next } }
  }
  const received = receive(mls, current, message, options)
  if (received.kind === "refused" || received.kind === "self-removed") return { received, epochs }
  return {
    received,
    epochs:
      received.kind === "commit" ? advanced(epochs, received.next, options.keep) : { current: received.next, past },
  }
}

/** The epochs after `next` has followed, for a commit of one's own too. */
export function advanced({ current, past }: Epochs, next: GroupState, keep: number): Epochs {
  return { current: next, past: [forReading(current), ...past].slice(0, keep) }
}

/** Without what would take anybody into another epoch, or is exported from this one. */
function forReading(state: GroupState): GroupState {
  const gone = new Uint8Array(0)
  const keys = { ...state.keys, exporter: gone, external: gone, membership: gone, resumption: gone, init: gone }
  return { ...state, keys, privateKeys: new Map(), proposals: [] }
}

/** What else there is of a past epoch came too late. */
function wrongEpoch(received: Received): Received {
  return received.kind === "refused" ? received : { kind: "refused", reason: "wrong-epoch", section: "RFC 9420, 6" }
}

function epochOf(message: Uint8Array): bigint | undefined {
  const opened = orRefused(() => openMlsMessage(message, "6"))
  if (opened.kind === "public-message") return opened.message.framed.epoch
  return opened.kind === "private-message" ? opened.message.epoch : undefined
}
