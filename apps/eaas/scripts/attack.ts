// `npm run attack:eaas [-- --only ID …] [--mutants] [--json]`: tries every attack of `attacks/`, and ends with one line of
// what came of them. With `--mutants`, each is tried again with the one fault in the code that lets it succeed.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

import { withEdit } from "@starling/mutation"

import type { Attack, Outcome } from "../attacks/attack.ts"
import { ATTACKS, attackNamed } from "../attacks/catalogue.ts"
import { CIRCUIT_FILE, editsOf, mutantOf } from "../attacks/mutants.ts"
import { openScene } from "../attacks/scene.ts"
import { tryWithMutant } from "../attacks/try-with-mutant.ts"

const ROOT = join(import.meta.dirname, "../../..")

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    mutants: { type: "boolean", default: false },
    /** The mutant that `switch-on-mutant.ts` has put into this process. */
    mutant: { type: "string" },
    json: { type: "boolean", default: false },
  },
})
const attacks = values.only?.map(attackNamed) ?? ATTACKS

const outcomes = await tryAll(attacks)
const succeeded = attacks.filter((_, i) => outcomes[i] === "succeeded").map(({ id }) => id)
const refused = attacks.length - succeeded.length
const result = { attacks: attacks.length, refused, succeeded }
if (values.mutants) {
  const survived = await tryMutants(attacks)
  say({ ...result, mutants: new Set(attacks.map(({ id }) => mutantOf(id))).size, survived })
  process.exitCode = succeeded.length + survived.length === 0 ? 0 : 1
} else {
  say(result)
  process.exitCode = succeeded.length === 0 ? 0 : 1
}

async function tryAll(attacks: readonly Attack[]): Promise<readonly Outcome[]> {
  const text = readFileSync(join(ROOT, CIRCUIT_FILE), "utf8")
  const edits = values.mutant === undefined ? [] : editsOf(values.mutant).filter(({ file }) => file === CIRCUIT_FILE)
  await using scene = openScene(edits.reduce(withEdit, text))
  const outcomes: Outcome[] = []
  for (const attack of attacks) {
    const begin = performance.now()
    const outcome = await attack.run(scene)
    outcomes.push(outcome)
    const { id, property, name } = attack
    say({ attack: id, property, name, outcome, milliseconds: Math.round(performance.now() - begin) })
  }
  return outcomes
}

/** The attacks that are still refused with their mutant. */
async function tryMutants(attacks: readonly Attack[]): Promise<readonly string[]> {
  const survived: string[] = []
  for (const [mutant, group] of Map.groupBy(attacks, ({ id }) => mutantOf(id))) {
    const outcomes = await tryWithMutant(
      mutant,
      group.map(({ id }) => id),
    )
    for (const { id } of group) {
      const outcome = outcomes.get(id) ?? "refused"
      say({ mutant, attack: id, outcome })
      if (outcome === "refused") survived.push(id)
    }
  }
  return survived
}

function say(line: Readonly<Record<string, unknown>>): void {
  console.log(values.json ? JSON.stringify(line) : Object.values(line).map(String).join("  "))
}
