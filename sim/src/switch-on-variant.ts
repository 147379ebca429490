// `node --import 'switch-on-variant.ts?mutant=NAME' …`, or `?baseline=NAME`: whatever is loaded after this sees the variant.
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"

import { baselineNamed } from "./baseline-modules.ts"
import { editsOf, withEdit, type Edit } from "./mutants.ts"

const CHOICE = new URL("../../packages/messenger/src/group/choose-commit.ts", import.meta.url).href
const asked = new URL(import.meta.url).searchParams
const baseline = asked.get("baseline")
const mutant = asked.get("mutant")

const pending = new Map<string, readonly Edit[]>()
if (mutant !== null)
  for (const [file, edits] of Map.groupBy(editsOf(mutant), ({ file }) => file))
    pending.set(new URL(`../../${file}`, import.meta.url).href, edits)
if (baseline !== null) pending.set(CHOICE, [baselineNamed(baseline)])

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const edits = pending.get(url)
    if (edits === undefined) return loaded
    pending.delete(url)
    return { ...loaded, source: edits.reduce(withEdit, textOf(loaded.source)) }
  },
})
process.on("exit", () => {
  for (const url of pending.keys()) throw new Error(`${fileURLToPath(url)} was never loaded, so its variant never ran`)
})

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined | null): string {
  if (source === undefined || source === null) throw new TypeError("a module without a source")
  return typeof source === "string" ? source : new TextDecoder().decode(source)
}
