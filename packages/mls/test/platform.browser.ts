import { nobleCrypto } from "@starling/mls/noble"
import { inject } from "vitest"

export const providerOf = nobleCrypto

declare module "vitest" {
  interface ProvidedContext {
    /** Where the server of the tests has the official vectors. */
    readonly vectors: { readonly folder: string; readonly names: readonly string[] }
  }
}

/** The official vectors by the names of their files, as the server of the tests hands them out. */
export async function officialVectors(): Promise<ReadonlyMap<string, string>> {
  const { folder, names } = inject("vectors")
  const texts = await Promise.all(names.map((name) => fetch(`/@fs${folder}/${name}`).then((answer) => answer.text())))
  return new Map(names.map((name, i) => [name, texts[i] ?? ""]))
}
