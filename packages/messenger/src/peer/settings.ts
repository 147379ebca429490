import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { DAY, HEAL_PERIOD_DAYS } from "../limits.ts"
import { decodeOwnRow } from "../versioned.ts"

/** What a person chose for this device. */
export interface Settings {
  /** How often keys are renewed in each group without being asked; `undefined` where never. */
  readonly healPeriod: Milliseconds | undefined
}

export const DEFAULT_SETTINGS: Settings = { healPeriod: HEAL_PERIOD_DAYS * DAY }

const VERSION = 1

export function encodeSettings({ healPeriod }: Settings): Bytes {
  return encode((writer) => writer.uint16(VERSION).optional(healPeriod, (w, period) => w.uint16(period / DAY)))
}

export function decodeSettings(bytes: Uint8Array): Settings {
  return decodeOwnRow("settings", bytes, VERSION, (reader) => ({
    healPeriod: reader.optional((r) => r.uint16() * DAY),
  }))
}
