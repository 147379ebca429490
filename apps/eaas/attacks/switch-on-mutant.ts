// `node --import 'switch-on-mutant.ts?NAME' …`: whatever is loaded after this has the mutant's fault in it.
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"
import { isMainThread } from "node:worker_threads"

import { CIRCUIT_FILE, editsOf, withEdit } from "./mutants.ts"

const mutant = decodeURIComponent(new URL(import.meta.url).search.slice(1))
const edits = editsOf(mutant).filter(({ file }) => file !== CIRCUIT_FILE)
const pending = Map.groupBy(edits, ({ file }) => new URL(`../../../${file}`, import.meta.url).href)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const edits = pending.get(url)
    if (edits === undefined) return loaded
    pending.delete(url)
    return { ...loaded, source: edits.reduce(withEdit, textOf(loaded.source)) }
  },
})
// A thread loads a part of what the process does.
process.on("exit", () => {
  if (!isMainThread) return
  for (const url of pending.keys()) throw new Error(`${fileURLToPath(url)} was never loaded, so its mutant never ran`)
})

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined | null): string {
  if (source === undefined || source === null) throw new TypeError("a module without a source")
  return typeof source === "string" ? source : new TextDecoder().decode(source)
}
