import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Secret } from "@starling/kernel"
import { openStore } from "@starling/store"

import { distributionOf, type Distribution } from "../distribution.ts"

/** Milliseconds of one durable commit of `bytes` in one row, in the store that daemons use, on the disk of the temporary folder. */
export async function durableCommits(bytes: number, count: number): Promise<Distribution> {
  const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
  try {
    using rootKey = new Secret(randomBytes(32))
    using store = openStore({ folder, rootKey, random: (length) => randomBytes(length) })
    const value = new Uint8Array(bytes)
    const samples: number[] = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      store.commit([{ kind: "put", bucket: "bench", partition: "", key: String(i), ordinal: i, value }])
      samples.push(performance.now() - start)
    }
    return distributionOf(samples)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
