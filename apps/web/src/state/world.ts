import type {
  ApiEvent,
  Contact,
  EntropyStatus,
  GroupDetail,
  GroupSummary,
  Invitation,
  Nearby,
  Settings,
  Status,
  TimelineEntry,
} from "@starling/peer/contract"

import { emptyThread, takeDelivery, takeMessage, type Thread } from "./thread.ts"

/**
 * `joining` → `open` ⇄ `lost`; from any of them → `signed-out`, where the cookie is missing or no longer good.
 */
export type Line = "joining" | "open" | "lost" | "signed-out"

/** What this window knows of the daemon: a copy, never the truth, and read afresh whenever the line was broken. */
export interface World {
  readonly line: Line
  readonly status?: Status
  readonly settings?: Settings
  readonly contacts: readonly Contact[]
  readonly nearby: readonly Nearby[]
  readonly groups: readonly GroupSummary[]
  readonly groupsKnown: boolean
  readonly invitations: readonly Invitation[]
  readonly details: Readonly<Record<string, GroupDetail>>
  readonly timelines: Readonly<Record<string, readonly TimelineEntry[]>>
  readonly threads: Readonly<Record<string, Thread>>
  readonly entropy?: EntropyStatus
  /** Counts the times that entropy was said to have changed, for the tables that are read a page at a time. */
  readonly entropyChanges: number
}

export const emptyWorld: World = {
  line: "joining",
  contacts: [],
  nearby: [],
  groups: [],
  groupsKnown: false,
  invitations: [],
  details: {},
  timelines: {},
  threads: {},
  entropyChanges: 0,
}

/** What an event itself says; what it only announces is fetched by `follow`. */
export function fold(world: World, event: ApiEvent): World {
  switch (event.type) {
    case "message":
      return changeThread(world, event.message.group, (thread) => takeMessage(thread, event.message))
    case "delivery":
      return changeThread(world, event.group, (thread) => takeDelivery(thread, event.id, event.delivery))
    case "entropy":
      return { ...world, entropyChanges: world.entropyChanges + 1 }
    case "status":
    case "nearby":
    case "contacts":
    case "invitations":
    case "groups":
    case "group":
    case "trouble":
      return world
  }
}

/** Changes a thread that this window holds; one that it doesn't hold is read whole when it is opened. */
export function changeThread(world: World, group: string, change: (thread: Thread) => Thread): World {
  const thread = world.threads[group]
  return thread ? { ...world, threads: { ...world.threads, [group]: change(thread) } } : world
}

export function openThread(world: World, group: string): World {
  return world.threads[group] ? world : { ...world, threads: { ...world.threads, [group]: emptyThread } }
}
