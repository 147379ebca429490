import { utf8 } from "@starling/kernel"
import type { Reader } from "@starling/wire"

/** UTF-8 bytes of 64 code points. */
export const MAX_NAME = 256

/** 1 to 64 code points of well-formed Unicode without control characters. Kept as typed, shown through `safeName`. */
export function isName(text: string): boolean {
  const points = Array.from(text).length
  return (
    points >= 1 && points <= 64 && !/[\p{Cc}\p{Cs}]/u.test(text) && text.trim() !== "" && utf8(text).length <= MAX_NAME
  )
}

/** A name that a peer gives itself; empty before it has one. */
export function readName(reader: Reader): string {
  const name = reader.text(MAX_NAME)
  return name === "" || isName(name) ? name : reader.fail("a name that is none")
}
