import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { decodeState, encodeState, type GroupState } from "@starling/mls"
import { encode } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { StoreError } from "../ports/store.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"
import type { ForestNode, Standing } from "./forest-node.ts"

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

const VERSION = 1
const KINDS = ["open", "held", "dropped", "excludes", "invalid", "barred"] as const

export function encodeNodeRow(node: ForestNode): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION).fixed(bytesOf(node.sid)).uint64(BigInt(node.epoch)).text(node.author)
    writer.fixed(bytesOf(node.device)).uint64(BigInt(node.at)).uint64(BigInt(node.placedAt))
    writer.uint8(KINDS.indexOf(node.standing.kind))
    if (node.standing.kind === "held") writer.opaque(encodeState(node.standing.state))
    writer.optional(node.era, (w, era) => w.fixed(era.key))
  }, 8192)
}

export function decodeNodeRow(bytes: Uint8Array): NodeRow {
  return decodeOwnRow("group state", bytes, VERSION, (reader) => {
    const head = { sid: toHex(reader.fixed(32)), epoch: readTime(reader), author: reader.text(64) }
    const rest = { device: toHex(reader.fixed(32)), at: readTime(reader), placedAt: readTime(reader) }
    const kind = KINDS[reader.uint8()] ?? reader.fail("a standing that is none")
    const standing: Standing = kind === "held" ? { kind, state: readState(reader.opaque()) } : { kind }
    return { ...head, ...rest, standing, eraKey: reader.optional((r) => r.fixed(32)) }
  })
}

function readState(bytes: Uint8Array): GroupState {
  const state = decodeState(bytes)
  if (state.kind !== "ok") throw new StoreError("corrupt", `an MLS state that can't be read: ${state.why}`)
  return state.value
}
