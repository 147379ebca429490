import type { Bytes } from "@starling/kernel"
import type { Reader } from "@starling/wire"

import { REFERENCE_LENGTHS } from "./limits.ts"

/** RFC 9420, 5.2: a `HashReference`, of the length of some suite's hash. */
export function readReference(reader: Reader): Bytes {
  const reference = reader.opaque(Math.max(...REFERENCE_LENGTHS))
  return REFERENCE_LENGTHS.includes(reference.length) ? reference : reader.fail("a reference that is no hash")
}
