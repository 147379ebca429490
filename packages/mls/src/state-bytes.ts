import { fromUtf8, malformed, ok, utf8, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import { decodeFirstState } from "./first-state-bytes.ts"
import type { GroupState } from "./group-state.ts"
import { changedParts, isWhole, stateOfParts } from "./state-parts.ts"

/** Of the frame alone: the part `epoch` has a version of its own. */
const VERSION = 2

/** The whole state in one piece; a store that writes message by message does better with `changedParts`. All secrets are in it. */
export function encodeState(state: GroupState): Bytes {
  return encode((w) => {
    w.uint16(VERSION).vector(changedParts(undefined, state), (each, { name, value }) => {
      if (value !== undefined) each.opaque(utf8(name)).opaque(value)
    })
  }, 8192)
}

/** Reads what `encodeState` wrote, of this version or before; a state of a newer one is refused whole. */
export function decodeState(bytes: Uint8Array): Decoded<GroupState> {
  const version = decode(bytes.subarray(0, 2), (r) => r.uint16())
  if (version.kind === "malformed") return version
  if (version.value === 1) return decodeFirstState(bytes)
  if (version.value !== VERSION) return malformed(`a state of version ${version.value}, where ${VERSION} is known`)
  const parts = decode(bytes, (r) => {
    r.uint16()
    return r.vector((each) => [fromUtf8(each.opaque(64)) ?? each.fail("a part without a name"), each.opaque()] as const)
  })
  if (parts.kind === "malformed") return parts
  const state = stateOfParts(new Map(parts.value))
  if (state.kind === "malformed") return state
  return isWhole(state.value) ? ok(state.value) : malformed("a state that was scrubbed")
}
