import { z } from "zod"

import type { Instance } from "./instance.ts"

const PAGE = 1000
const Draws = z.array(z.object({ sequence: z.number(), bytes: z.number(), label: z.string() }))

/** Bytes that the keys of all instances were made of, by the label of their provenance. */
export type EntropyFigures = Readonly<Record<string, number>>

export async function entropyOf(instances: readonly Instance[]): Promise<EntropyFigures> {
  const bytes = new Map<string, number>()
  for (const instance of instances)
    for (let after = 0, page: z.infer<typeof Draws> | undefined; page === undefined || page.length === PAGE;) {
      page = await instance.call("GET", `/api/entropy/draws?limit=${PAGE}&after=${after}`, Draws)
      for (const { label, bytes: drawn } of page) bytes.set(label, (bytes.get(label) ?? 0) + drawn)
      after = page.at(-1)?.sequence ?? after
    }
  return Object.fromEntries(bytes)
}
