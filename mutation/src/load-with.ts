import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"
import { isMainThread } from "node:worker_threads"

import { withEdit, type Edit } from "./edit.ts"

/**
 * Makes `edits` in whatever modules are loaded from now on; their files are relative to `base`.
 * The process ends with an error where its main thread never loaded one of those files: its fault never ran.
 */
export function loadWith(edits: readonly Edit[], base: URL): void {
  const pending = Map.groupBy(edits, ({ file }) => new URL(file, base).href)
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
    if (!isMainThread) return
    for (const url of pending.keys()) throw new Error(`${fileURLToPath(url)} was never loaded, so its fault never ran`)
  })
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined | null): string {
  if (source === undefined || source === null) throw new TypeError("a module without a source")
  return typeof source === "string" ? source : new TextDecoder().decode(source)
}
