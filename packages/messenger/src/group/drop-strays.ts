import { toHex } from "@starling/kernel"
import { interimTranscriptHashAfter, type CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_BODIES } from "../limits.ts"
import { decodeCommitRecord } from "../record/commit-record.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { isForked, straysOf, type RecordLog } from "../record/record-log.ts"
import { decodeTestimony } from "../record/testimony-record.ts"
import type { Group } from "./group.ts"

/**
 * The records that a group does not keep: of logs that forked, what goes beyond their bounds and is named by no device that signed
 * one history. What others have built on stays, however many records its author puts beside it.
 */
export function straysIn(crypto: CryptoProvider, { logs, operations }: Group): ReadonlySet<RecordHash> {
  const strays = new Set<RecordHash>()
  for (const [device, log] of logs)
    for (const hash of straysOf(log, () => namedIn(crypto, log, namesBeside(device, { logs, operations }))))
      strays.add(hash)
  return strays
}

/** What other devices' records name: operations, states that they are in, and transcripts that their commits follow. */
interface Names {
  readonly operations: ReadonlySet<RecordHash>
  readonly supported: ReadonlySet<StateId>
  /** Each with the interim transcript hash. */
  readonly followed: ReadonlySet<string>
}

function namesBeside(device: DeviceKey, { logs, operations }: Pick<Group, "logs" | "operations">): Names {
  const names = { operations: new Set<RecordHash>(), supported: new Set<StateId>(), followed: new Set<string>() }
  for (const [other, log] of logs) {
    if (other === device || isForked(log)) continue
    for (const record of log) {
      for (const hash of operations.get(record.hash)?.deps ?? []) names.operations.add(hash)
      const support = record.kind === RECORD_KINDS.support ? decodeTestimony(record.body) : undefined
      if (support?.kind === "ok") names.supported.add(support.value)
      const commit = record.kind === RECORD_KINDS.commit ? decodeCommitRecord(record.body) : undefined
      if (commit?.kind !== "ok") continue
      for (const hash of commit.value.ops) names.operations.add(hash)
      names.followed.add(`${commit.value.parent} ${toHex(commit.value.before)}`)
    }
  }
  return names
}

/** The records of a log that are meant: of those that lead to one state, and are followed alike, a few. */
function namedIn(crypto: CryptoProvider, log: RecordLog, { operations, supported, followed }: Names): Set<RecordHash> {
  const named = new Set<RecordHash>()
  const alike = Map.groupBy(
    log.flatMap((record) => statesOf(crypto, record).map((state) => ({ record, state }))),
    ({ state }) => state,
  )
  for (const { hash } of log) if (operations.has(hash)) named.add(hash)
  for (const [state, records] of alike) {
    if (!supported.has(state) && !followed.has(state)) continue
    const hashes = records.map(({ record }) => record.hash).sort()
    for (const hash of hashes.slice(0, MAX_BODIES)) named.add(hash)
  }
  return named
}

/** By what others name the state that a COMMIT leads to: its id, and with the transcript that follows from this body. */
function statesOf(crypto: CryptoProvider, { kind, body }: LoggedRecord): string[] {
  const commit = kind === RECORD_KINDS.commit ? decodeCommitRecord(body) : undefined
  if (commit?.kind !== "ok") return []
  const { sid, mls } = commit.value
  const interim = interimTranscriptHashAfter(crypto, bytesOf(sid), mls)
  return interim.kind === "ok" ? [sid, `${sid} ${toHex(interim.value)}`] : [sid]
}
