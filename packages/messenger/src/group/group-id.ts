import { concat, fromHex, toHex, utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider, GroupState, MlsContext } from "@starling/mls"

import type { StateId } from "../record/operation.ts"

const CREATION_LABEL = utf8("starling creation 1")

/** A UUID of version 4 (RFC 9562, 5.4) from drawn bytes: the MLS group id. */
export function drawGroupId(mls: MlsContext): Bytes {
  const id = mls.random.draw(16, "group id")
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x40
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80
  return id
}

export function uuidOf(id: Uint8Array): string {
  const hex = toHex(id)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

/** The 16 bytes, or `undefined` where `uuid` is not one in lower case. */
export function bytesOfUuid(uuid: string): Bytes | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) ? fromHex(uuid.replaceAll("-", "")) : undefined
}

/** Names the state before the first commit, whose confirmed transcript hash is empty (RFC 9420, 8.2). */
export function creationId(crypto: CryptoProvider, groupId: Uint8Array): StateId {
  return toHex(crypto.hash(concat(CREATION_LABEL, groupId)))
}

export function stateIdOf(
  crypto: CryptoProvider,
  state: Pick<GroupState, "confirmedTranscriptHash" | "groupId">,
): StateId {
  return state.confirmedTranscriptHash.length === 0
    ? creationId(crypto, state.groupId)
    : toHex(state.confirmedTranscriptHash)
}
