import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode, type Reader } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { DAY, HEAL_PERIOD_DAYS, KEEP_FOR } from "../limits.ts"
import { decodeOwnRow } from "../versioned.ts"

/** What a person chose for this device. */
export interface Settings {
  /** How often keys are renewed in each group without being asked; `undefined` where never. */
  readonly healPeriod: Milliseconds | undefined
  /** Authors learn that their messages were read here, and this person learns it of theirs: both or neither. */
  readonly receipts: boolean
  /** How long ciphertexts are kept for others. */
  readonly keepFor: Milliseconds
}

export const DEFAULT_SETTINGS: Settings = { healPeriod: HEAL_PERIOD_DAYS * DAY, receipts: true, keepFor: KEEP_FOR }

/** Version 1 ended with the period. */
const VERSION = 2

export function encodeSettings({ healPeriod, receipts, keepFor }: Settings): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .optional(healPeriod, (w, period) => w.uint16(period / DAY))
      .uint8(receipts ? 1 : 0)
      .uint64(BigInt(keepFor)),
  )
}

export function decodeSettings(bytes: Uint8Array): Settings {
  const isFirst = bytes[0] === 0 && bytes[1] === 1
  return decodeOwnRow("settings", bytes, isFirst ? 1 : VERSION, (reader) => {
    const healPeriod = reader.optional((r) => r.uint16() * DAY)
    return { ...DEFAULT_SETTINGS, healPeriod, ...(isFirst ? {} : readLater(reader)) }
  })
}

function readLater(reader: Reader): Pick<Settings, "receipts" | "keepFor"> {
  return { receipts: reader.uint8() === 1, keepFor: readTime(reader) }
}
