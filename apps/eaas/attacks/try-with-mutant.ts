import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"

import { z } from "zod"
import type { Outcome } from "./attack.ts"

const PROGRAM = join(import.meta.dirname, "../scripts/attack.ts")
const SWITCH = new URL("./switch-on-mutant.ts", import.meta.url).href
const Tried = z.object({ attack: z.string(), outcome: z.enum(["refused", "succeeded"]) })

/** What becomes of these attacks, by their ids, in a process that has the mutant's fault in its code. */
export async function tryWithMutant(mutant: string, ids: readonly string[]): Promise<ReadonlyMap<string, Outcome>> {
  const only = ids.flatMap((id) => ["--only", id])
  const hook = `${SWITCH}?${encodeURIComponent(mutant)}`
  const child = spawn(process.execPath, ["--import", hook, PROGRAM, "--mutant", mutant, "--json", ...only], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const closed = once(child, "close")
  const outcomes = new Map<string, Outcome>()
  for await (const line of createInterface({ input: child.stdout })) {
    const tried = Tried.safeParse(JSON.parse(line))
    if (tried.success) outcomes.set(tried.data.attack, tried.data.outcome)
  }
  await closed
  if (outcomes.size !== ids.length) throw new Error(`with the mutant ${mutant}, the scene itself breaks`)
  return outcomes
}
