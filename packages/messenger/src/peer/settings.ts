import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { DAY, HEAL_PERIOD_DAYS, MAX_HEAL_PERIOD_DAYS } from "../limits.ts"
import { decodeOwnRow } from "../versioned.ts"
import type { PeerState } from "./state.ts"
import type { Env, Outcome } from "./step.ts"
import { refusal, takeVerb } from "./turn.ts"

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

/** Keys are renewed in each group once in so many days; `undefined`: never without being asked. */
export function setHealPeriod(
  state: PeerState,
  days: number | undefined,
  env: Env,
): Outcome<{ readonly days: number | undefined }> {
  return takeVerb(state, env, (turn) => {
    const isPeriod = days === undefined || (Number.isInteger(days) && days >= 1 && days <= MAX_HEAL_PERIOD_DAYS)
    if (!isPeriod)
      return refusal("bad-period", "Keys are renewed every 1 to 30 days, or not at all. Choose a whole number.")
    turn.setDurable({ settings: { healPeriod: days === undefined ? undefined : days * DAY } })
    for (const group of state.durable.groups.keys()) turn.notify({ kind: "group", group })
    return { days }
  })
}

export function healPeriodDays({ durable }: PeerState): number | undefined {
  const { healPeriod } = durable.settings
  return healPeriod === undefined ? undefined : healPeriod / DAY
}
