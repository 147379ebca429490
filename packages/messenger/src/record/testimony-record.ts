import { toHex, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import { bytesOf, type StateId } from "./operation.ts"

/** Body of a record of kind SUPPORT ("I am in this state") or REFUSAL ("its parent's keys do not lead me into it"). */
export function encodeTestimony(sid: StateId): Bytes {
  return encode((writer) => writer.fixed(bytesOf(sid)))
}

export function decodeTestimony(body: Uint8Array): Decoded<StateId> {
  return decode(body, (reader) => toHex(reader.fixed(32)))
}
