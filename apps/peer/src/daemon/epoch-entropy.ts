import type { DrawRecord } from "@starling/entropy"
import { fromUtf8, utf8 } from "@starling/kernel"
import { groups, timeline, type PeerState, type Step } from "@starling/messenger"
import type { Store, Write } from "@starling/messenger/ports"

const BUCKET = "epoch-entropy"

export type EpochLabel = "mixed" | "local only" | "pure"

/** Remembers of each epoch that this device committed what the keys of its path were made of. */
export class EpochEntropy {
  readonly #reader: Pick<Store, "get">

  constructor(reader: Pick<Store, "get">) {
    this.#reader = reader
  }

  labelOf(group: string, epoch: number, at: number): EpochLabel | undefined {
    const value = this.#reader.get(BUCKET, group, keyOf(epoch, at))
    const text = value === undefined ? undefined : fromUtf8(value)
    return text === "mixed" || text === "local only" || text === "pure" ? text : undefined
  }

  /** The labels of the epochs that `step` begins, given the draws made for it. */
  writesFor(before: PeerState, step: Step, draws: readonly DrawRecord[]): readonly Write[] {
    const label = weakest(draws)
    if (label === undefined || !changesGroups(step)) return []
    return groups(step.state).flatMap(({ group }) => {
      const known = new Set(ownEpochs(before, group))
      return ownEpochs(step.state, group)
        .filter((key) => !known.has(key))
        .map((key): Write => ({ kind: "put", bucket: BUCKET, partition: group, key, ordinal: 0, value: utf8(label) }))
    })
  }
}

function changesGroups(step: Step): boolean {
  return step.effects.some((effect) => effect.kind === "notify" && ["group", "groups"].includes(effect.event.kind))
}

function ownEpochs(state: PeerState, group: string): readonly string[] {
  return (timeline(state, group) ?? []).filter(({ own }) => own).map(({ epoch, at }) => keyOf(epoch, at))
}

/** An epoch is as well made as the least of its draws. */
function weakest(draws: readonly DrawRecord[]): EpochLabel | undefined {
  const labels = new Set(draws.map(({ label }) => label))
  if (labels.has("local only")) return "local only"
  if (labels.has("pure")) return "pure"
  return labels.has("mixed") ? "mixed" : undefined
}

function keyOf(epoch: number, at: number): string {
  return `${epoch}@${at}`
}
