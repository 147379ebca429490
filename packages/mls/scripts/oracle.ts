// Ours against the engines of others, for as long as one likes.
import { readOptions, text, wholeNumber } from "@starling/kernel/node"

import { COMPOSITIONS } from "../test/oracle/compositions.ts"
import { Disagreement } from "../test/oracle/mixed-group.ts"
import { runRandomOperations, type Tally } from "../test/oracle/random-operations.ts"

const OPERATIONS_OF_A_GROUP = 50
/** In turn: small groups lose and gain the same leaves again and again, large ones have deep trees. */
const MOST_MEMBERS = [6, 12, 24]

const USAGE = `npm run oracle:mls -- [options]
  --seed S         any text; 1 unless said otherwise
  --operations N   1000 unless said otherwise
  --group N        that group alone, to see a disagreement again`
const values = readOptions(USAGE, {
  seed: text("1"),
  operations: wholeNumber(1_000, { least: 1 }),
  group: wholeNumber(undefined),
})
const { seed } = values
const tallies: Tally[] = []
const groups = Math.ceil(values.operations / OPERATIONS_OF_A_GROUP)
const numbers = values.group === undefined ? Array.from({ length: groups }, (_, i) => i) : [values.group]
for (const group of numbers) {
  const composition = COMPOSITIONS[group % COMPOSITIONS.length]
  if (composition === undefined) throw new RangeError(`--group ${values.group}`)
  try {
    const most = MOST_MEMBERS[Math.floor(group / COMPOSITIONS.length) % MOST_MEMBERS.length] ?? 12
    const run = { seed: `${seed}.${group}`, operations: OPERATIONS_OF_A_GROUP, most, ...composition }
    tallies.push(await runRandomOperations(run))
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error
    process.stdout.write(`${summary()}\nDISAGREEMENT: ${error.message}\n`)
    process.stdout.write(`again: npm run oracle:mls -- --seed ${seed} --group ${group}\n`)
    process.exitCode = 1
    break
  }
}
if (process.exitCode !== 1) process.stdout.write(`${summary()}; all agree\n`)

function summary(): string {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0)
  const byEngine = (of: (tally: Tally) => ReadonlyMap<string, number>): string => {
    const names = new Set(tallies.flatMap((tally) => [...of(tally).keys()]))
    return Array.from(names, (name) => `${name} ${sum((tally) => of(tally).get(name) ?? 0)}`).join(", ")
  }
  return [
    `seed ${seed}: ${sum(({ operations }) => operations)} operations in ${tallies.length} groups`,
    `commits by ${byEngine(({ commits }) => commits)}`,
    `of proposals sent before ${sum(({ byReference }) => byReference)}`,
    `joined ${byEngine(({ joins }) => joins)}`,
    `removed ${byEngine(({ removals }) => removals)}`,
    `messages read ${sum(({ read }) => read)}, withheld from the removed ${sum(({ withheld }) => withheld)}`,
  ].join("; ")
}
