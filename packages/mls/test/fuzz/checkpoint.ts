import { deserialize, serialize } from "node:v8"

import { decodeState, encodeState, type GroupState } from "@starling/mls"

import { FuzzGroup, type Delivery } from "./fuzz-group.ts"
import type { Participant } from "./participant.ts"
import type { Removed } from "./removed-members.ts"

const VERSION = 1

type StoredParticipant = Omit<Participant, "state" | "past"> & { readonly states: readonly Uint8Array[] }
type StoredRemoved = Omit<Removed, "member"> & { readonly member: StoredParticipant }

interface Checkpoint {
  readonly version: number
  readonly seed: string
  readonly operation: number
  readonly size: number
  readonly names: number
  readonly chance: number
  readonly drawn: number
  readonly counts: FuzzGroup["counts"]
  readonly people: readonly StoredParticipant[]
  readonly deliveries: readonly Delivery[]
  readonly logStart: number
  readonly externalPsks: FuzzGroup["externalPsks"]
  readonly resumptionPsks: FuzzGroup["resumptionPsks"]
  readonly candidates: FuzzGroup["candidates"]
  readonly secrets: FuzzGroup["checks"]["secrets"]
  readonly encryptions: { readonly seals: number; readonly seen: Float64Array }
  readonly removed: {
    readonly watching: readonly StoredRemoved[]
    readonly retired: readonly StoredRemoved[]
    readonly lost: FuzzGroup["removed"]["lost"]
    readonly attempts: number
  }
}

/** A settled group, to go on from in another process. */
export function encodeCheckpoint(seed: string, group: FuzzGroup): Uint8Array {
  const { operation, size, names, counts, deliveries, externalPsks, resumptionPsks, candidates, removed, recorded } =
    group
  const checkpoint: Checkpoint = {
    version: VERSION,
    seed,
    operation,
    size,
    names,
    chance: group.chance.state,
    drawn: group.source.counter,
    counts,
    people: group.people.map(stored),
    deliveries,
    logStart: group.logStart + group.log.length,
    externalPsks,
    resumptionPsks,
    candidates,
    secrets: group.checks.secrets,
    encryptions: { seals: recorded.seals, seen: Float64Array.from(recorded.seen) },
    removed: {
      watching: removed.watching.map((each) => ({ ...each, member: stored(each.member) })),
      retired: removed.retired.map((each) => ({ ...each, member: stored(each.member) })),
      lost: removed.lost,
      attempts: removed.attempts,
    },
  }
  return serialize(checkpoint)
}

/** What `encodeCheckpoint` wrote; a checkpoint of another seed or version is an error of who gives it. */
export function decodeCheckpoint(bytes: Uint8Array, seed: string): FuzzGroup {
  const checkpoint = deserialize(bytes) as Checkpoint
  if (checkpoint.version !== VERSION) throw new RangeError(`a checkpoint of version ${checkpoint.version}`)
  if (checkpoint.seed !== seed) throw new RangeError(`a checkpoint of seed ${checkpoint.seed}, not ${seed}`)
  const group = new FuzzGroup(seed)
  group.operation = checkpoint.operation
  group.size = checkpoint.size
  group.names = checkpoint.names
  group.chance.state = checkpoint.chance
  group.source.counter = checkpoint.drawn
  group.counts = checkpoint.counts
  group.people = checkpoint.people.map(restored)
  group.deliveries = [...checkpoint.deliveries]
  group.logStart = checkpoint.logStart
  group.externalPsks = checkpoint.externalPsks
  group.resumptionPsks = checkpoint.resumptionPsks
  group.candidates = checkpoint.candidates
  group.checks.secrets = checkpoint.secrets
  group.recorded.seals = checkpoint.encryptions.seals
  group.recorded.seen = [...checkpoint.encryptions.seen]
  const { watching, retired, lost, attempts } = checkpoint.removed
  group.removed.watching = watching.map((each) => ({ ...each, member: restored(each.member) }))
  group.removed.retired = retired.map((each) => ({ ...each, member: restored(each.member) }))
  group.removed.lost = lost
  group.removed.attempts = attempts
  return group
}

function stored({ state, past, ...rest }: Participant): StoredParticipant {
  return { ...rest, states: [state, ...past].map(encodeState) }
}

function restored({ states, ...rest }: StoredParticipant): Participant {
  const [state, ...past] = states.map(stateFrom)
  if (state === undefined) throw new RangeError("a member without a state")
  return { ...rest, state, past }
}

function stateFrom(bytes: Uint8Array): GroupState {
  const decoded = decodeState(bytes)
  if (decoded.kind !== "ok") throw new RangeError(decoded.why)
  return decoded.value
}
