import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { z } from "zod"

const Manifest = z.object({
  name: z.string(),
  license: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
})

export type Manifest = z.infer<typeof Manifest> & { readonly folder: string }

export const root = join(import.meta.dirname, "..")

export function readManifest(folder: string): Manifest {
  return { ...Manifest.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))), folder }
}

/** Every workspace of the repository, in the order of its path. */
export function workspaces(): readonly Manifest[] {
  return globSync(["{packages,apps}/*/package.json", "{bench,mutation,sim}/package.json"], { cwd: root })
    .toSorted()
    .map((file) => readManifest(join(root, file, "..")))
}
