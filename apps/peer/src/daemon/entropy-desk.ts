import type { RootConflict } from "@starling/eaas"
import { encodeSealedEpoch } from "@starling/eaas/frames"
import type { EntropyPool } from "@starling/entropy"
import { toHex } from "@starling/kernel"
import type { EntropyDesk } from "../api/backend.ts"
import type { Delivery, Draw, EntropySourceStatus, EntropyStatus } from "../api/contract.ts"
import { Fault } from "../api/fault.ts"
import type { DeliveryJournal } from "./delivery-journal.ts"
import type { DrawJournal, JournaledDraw } from "./draw-journal.ts"
import { KeyServiceError, type RefillStep } from "./key-service.ts"
import { progressOf, type Refill } from "./refill.ts"

export interface EntropyDeskOptions {
  readonly pool: EntropyPool
  readonly refill: Pick<Refill, "obtain" | "state" | "service">
  /** Whether the platform is the one of this very daemon: what that is and is not is known before it answers. */
  readonly embedded: boolean
  readonly draws: DrawJournal
  readonly deliveries: DeliveryJournal
  /** Of platforms that signed two lists of members for one epoch. */
  readonly conflicts: () => readonly RootConflict[]
  /** Writes the records of draws that wait for a commit, so that the log shows them. */
  readonly flush: () => void
}

/** What people are told of where their keys come from, and what they can do about it. */
export function entropyDesk(options: EntropyDeskOptions): EntropyDesk {
  const { pool, refill, embedded, draws, deliveries, conflicts, flush } = options
  return {
    status: () => statusOf(pool, sourceOf(refill, embedded, deliveries.list().at(-1)), conflicts()),
    async refill(bytes, signal) {
      try {
        return await refill.obtain(bytes !== undefined && bytes <= 1024 ? 1024 : 8192, signal)
      } catch (error) {
        if (!(error instanceof KeyServiceError)) throw error
        throw new Fault(error.state === "refused" ? 409 : 502, error.code, error.message, { cause: error })
      }
    },
    draws({ after, limit, newestFirst }) {
      flush()
      return draws.list({ after, limit, newestFirst }).map((draw) => drawOf(draw, deliveries))
    },
    deliveries: () => deliveries.list(),
  }
}

interface Source {
  readonly refill: Pick<Refill, "state" | "service">
  readonly last: Delivery | undefined
  readonly simulated: boolean | null
  /** 0 where it is not known. */
  readonly anonymitySet: number
}

function sourceOf(refill: Source["refill"], embedded: boolean, last: Delivery | undefined): Source {
  return {
    refill,
    last,
    simulated: embedded ? true : (last?.simulated ?? refill.service?.simulated ?? null),
    anonymitySet: last?.anonymitySet ?? (embedded ? 1 : 0),
  }
}

function statusOf(pool: EntropyPool, source: Source, conflicts: readonly RootConflict[]): EntropyStatus {
  const sources = [THIS_COMPUTER, quantumSource(source)]
  return {
    policy: pool.policy,
    pool: { bytes: pool.bytes, capacity: pool.capacity },
    sources,
    anonymitySet: source.anonymitySet,
    caveats: [...conflicts.map(conflictSentence), ...caveatsOf(pool, source)],
    rootConflicts: conflicts.map(conflictOf),
    progress: progressOf(source.refill.state),
  }
}

const THIS_COMPUTER: EntropySourceStatus = {
  id: "operating-system",
  name: "this computer's generator",
  simulated: false,
  path: "on this device",
  state: "ok",
  detail: "mixed into every key",
}

function quantumSource({ refill: { state, service }, last, simulated }: Source): EntropySourceStatus {
  return {
    id: "eaas",
    name: last?.source ?? service?.name ?? "Entropy-as-a-Service",
    simulated,
    path: last?.path ?? service?.path ?? "",
    state: state.kind,
    detail: "why" in state ? state.why : state.kind === "working" ? stepOf(state.step, service) : "",
    ...(last === undefined ? {} : { lastAt: last.receivedAt }),
  }
}

function stepOf(step: RefillStep | undefined, service: Refill["service"]): string {
  const waitsForTap = step === "requesting" && service?.path === "nfc tap"
  return waitsForTap ? "waiting for the phone at the branch's reader" : (step ?? "connecting")
}

/** What a person is told, at once and for as long as the evidence is kept. */
export function conflictSentence([{ service, epoch }]: RootConflict): string {
  const platform = toHex(service.slice(0, 8))
  return `The entropy platform ${platform} signed two different lists of members for epoch ${epoch}: it is faulty, or tries to single somebody out. No more keys are taken from it. Both signed statements are kept: starling entropy status --json shows them.`
}

function conflictOf(conflict: RootConflict): EntropyStatus["rootConflicts"][number] {
  const [{ service, epoch, revision }] = conflict
  return { platform: toHex(service), epoch, revision, evidence: conflict.map((it) => toHex(encodeSealedEpoch(it))) }
}

/** What this does not give, said before anybody asks. */
function caveatsOf(
  pool: EntropyPool,
  { refill: { state, service }, last, simulated, anonymitySet }: Source,
): readonly string[] {
  const caveats: string[] = []
  if (simulated === true) {
    caveats.push(
      "The quantum source is simulated: a physical model computed from this computer's randomness, not a measurement.",
    )
  }
  if (simulated === null && state.kind !== "off") {
    caveats.push("Nothing is known of the quantum source yet: it may be simulated.")
  }
  if (last?.channel?.includes("simulated") === true) {
    caveats.push("The quantum channel to the Local Provider is simulated: it protects keys from nobody.")
  }
  if (last?.channel?.startsWith("aes-256-gcm") === true) {
    caveats.push(
      "The quantum channel was short of key: the last delivery was sealed with AES-256-GCM, not with a one-time pad.",
    )
  }
  if (last?.channel !== undefined) {
    caveats.push(
      "How a key came to the Local Provider, over a quantum channel or not, is that one's word: nobody signs it. Nothing of the key's secrecy rests on it.",
    )
  }
  if (anonymitySet === 1) {
    caveats.push(
      "The anonymity set is one: whoever runs the Entropy-as-a-Service platform knows that each key went to you.",
    )
  }
  if (service?.developmentProvingKey === true) {
    caveats.push("The proving key is a development key: whoever made it could forge requests for keys, but read none.")
  }
  if (pool.policy === "pure")
    caveats.push("Policy pure: the source's bytes are used unmixed, so that whoever made them knows your keys.")
  caveats.push(
    "The root key lies in the data folder without a passphrase: whoever can read the folder can read everything in it.",
  )
  return caveats
}

function drawOf(draw: JournaledDraw, deliveries: DeliveryJournal): Draw {
  const { position, at, purpose, bytes, label, operatingSystem } = draw
  const eaas = draw.eaas.map(({ delivery, offset, length }) => ({
    delivery: deliveries.get(delivery) ?? { id: delivery },
    offset,
    length,
  }))
  return { sequence: position, at, purpose, bytes, label, operatingSystem, eaas }
}
