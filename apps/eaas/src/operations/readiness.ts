import type { AuthenticationServer, Database } from "@starling/eaas"

import type { PlatformSource } from "../source/platform-source.ts"
import { newestEpoch } from "./role-figures.ts"

/** What has to hold for a role to serve, by name. */
export type Checks = Readonly<Record<string, () => Promise<boolean> | boolean>>

/** An epoch is opened within so long of its predecessor's end. In milliseconds. */
const OVERDUE = 120_000

export function databaseCheck(database: Database): Checks {
  return {
    database: async () => (await database.query("select 1 as one")).length === 1,
  }
}

/** An AS that nobody has registered at is ready, too. */
export function epochCheck(as: AuthenticationServer, now: () => number): Checks {
  return {
    epoch: async () => {
      const newest = await newestEpoch(as)
      return newest === undefined || now() < newest.closesAt + OVERDUE
    },
  }
}

export function sourceCheck(source: PlatformSource): Checks {
  return { source: () => source.health.state !== "failed" }
}

/** The outcome of each; a check that throws has failed. */
export async function outcomesOf(checks: Checks): Promise<Readonly<Record<string, boolean>>> {
  const outcomes = Object.entries(checks).map(async ([name, check]) => {
    const outcome = await Promise.resolve()
      .then(check)
      .catch(() => false)
    return [name, outcome] as const
  })
  return Object.fromEntries(await Promise.all(outcomes))
}
