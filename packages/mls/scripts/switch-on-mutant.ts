// `node --import 'switch-on-mutant.ts?NAME' …`: whatever is loaded after this sees the engine with one fault in it.
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"

import { editsOf, withEdit } from "./mutants.ts"

const pending = Map.groupBy(editsOf(new URL(import.meta.url).search.slice(1)), ({ file }) => {
  return new URL(`../src/${file}`, import.meta.url).href
})

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
  for (const url of pending.keys()) throw new Error(`${fileURLToPath(url)} was never loaded, so its mutant never ran`)
})

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined | null): string {
  if (source === undefined || source === null) throw new TypeError("a module without a source")
  return typeof source === "string" ? source : new TextDecoder().decode(source)
}
