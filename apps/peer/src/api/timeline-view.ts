import { timeline } from "@starling/messenger"
import type { Backend } from "./backend.ts"
import type { TimelineEntry } from "./contract.ts"

/** Oldest first; epochs that this device committed say what their keys were made of. */
export function timelineOf(backend: Backend, group: string): readonly TimelineEntry[] {
  return (timeline(backend.state(), group) ?? []).map(({ own, ...entry }) => {
    const entropy = own ? backend.epochEntropy.labelOf(group, entry.epoch, entry.at) : undefined
    return { ...entry, ...(entropy === undefined ? {} : { entropy }) }
  })
}
