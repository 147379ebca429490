import { DAY, KEEP_LEAST, KEEP_MOST, MAX_HEAL_PERIOD_DAYS } from "../limits.ts"
import type { Settings } from "./settings.ts"
import type { PeerState } from "./state.ts"
import type { Env, Outcome } from "./step.ts"
import { refusal, takeVerb } from "./turn.ts"

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
    const { settings } = turn.state.durable
    const healPeriod = days === undefined ? undefined : days * DAY
    turn.setDurable({ settings: { ...settings, healPeriod } })
    for (const group of state.durable.groups.keys()) turn.notify({ kind: "group", group })
    return { days }
  })
}

export function healPeriodDays({ durable }: PeerState): number | undefined {
  const { healPeriod } = durable.settings
  return healPeriod === undefined ? undefined : healPeriod / DAY
}

/** Takes what is given; the rest stays as it is. */
export function changeSettings(
  state: PeerState,
  change: Partial<Pick<Settings, "receipts" | "keepFor">>,
  env: Env,
): Outcome<Settings> {
  return takeVerb(state, env, (turn) => {
    const settings = { ...turn.state.durable.settings, ...change }
    if (!(settings.keepFor >= KEEP_LEAST && settings.keepFor <= KEEP_MOST))
      return refusal(
        "bad-setting",
        "Messages are kept for others between one hour and 14 days. Choose a time in between.",
      )
    turn.setDurable({ settings })
    return settings
  })
}
