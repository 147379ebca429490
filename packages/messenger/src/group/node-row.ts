import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { decodeState, type GroupState } from "@starling/mls"
import { encode, type Reader } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { StoreError } from "../ports/store.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { decodeOwnRow, isFirstVersion } from "../versioned.ts"
import type { Standing } from "./forest-node.ts"

/** What of a node does not follow from the records. */
export interface NodeRow {
  readonly sid: StateId
  readonly epoch: number
  readonly author: IdentityId
  readonly device: DeviceKey
  readonly at: Milliseconds
  readonly placedAt: Milliseconds
  readonly standing: Standing
  readonly eraKey: Bytes | undefined
}

/** Version 1 had the MLS state inside; it has rows of its own since. */
const VERSION = 2
const KINDS = ["open", "held", "dropped", "excludes", "invalid", "barred"] as const

/** Without the MLS state of one that is held. */
export function encodeNodeRow(node: NodeRow): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION).fixed(bytesOf(node.sid)).uint64(BigInt(node.epoch)).text(node.author)
    writer.fixed(bytesOf(node.device)).uint64(BigInt(node.at)).uint64(BigInt(node.placedAt))
    writer.uint8(kindOf(node.standing))
    writer.optional(node.eraKey, (w, key) => w.fixed(key))
  })
}

/** What was tried is tried again by whoever reads it. */
function kindOf({ kind }: Standing): number {
  return KINDS.indexOf(kind === "damaged" ? "open" : kind)
}

/** `stateOf` finds the MLS state of one that is held, where the row has it not inside. */
export function decodeNodeRow(bytes: Uint8Array, stateOf: (sid: StateId) => GroupState): NodeRow {
  const hasState = isFirstVersion(bytes)
  return decodeOwnRow("group state", bytes, hasState ? 1 : VERSION, (reader) => {
    const head = { sid: toHex(reader.fixed(32)), epoch: readTime(reader), author: reader.text(64) }
    const rest = { device: toHex(reader.fixed(32)), at: readTime(reader), placedAt: readTime(reader) }
    const kind = KINDS[reader.uint8()] ?? reader.fail("a standing that is none")
    const read = (): GroupState => (hasState ? readWholeState(reader) : stateOf(head.sid))
    const standing: Standing = kind === "held" ? { kind, state: read() } : { kind }
    return { ...head, ...rest, standing, eraKey: reader.optional((r) => r.fixed(32)) }
  })
}

function readWholeState(reader: Reader): GroupState {
  const state = decodeState(reader.opaque())
  if (state.kind !== "ok") throw new StoreError("corrupt", `an MLS state that can't be read: ${state.why}`)
  return state.value
}
