import { join } from "node:path"
import { EntropyPool, type DrawRecord, type EntropyPolicy } from "@starling/entropy"
import { openPoolFile, osEntropy } from "@starling/entropy/node"
import type { Bytes, Milliseconds } from "@starling/kernel"
import type { Store } from "@starling/messenger/ports"
import { openStore } from "@starling/store"
import { openDataFolder } from "./data-folder.ts"
import { DeliveryJournal } from "./delivery-journal.ts"
import { DrawJournal } from "./draw-journal.ts"
import { Ledger } from "./ledger.ts"

/** What lies on the disk, opened: everything else of a daemon rests on it. */
export interface Foundation {
  readonly store: Store
  readonly pool: EntropyPool
  readonly ledger: Ledger
  readonly draws: DrawJournal
  readonly deliveries: DeliveryJournal
  /** Bytes of the operating system for what the pool does not serve: tokens of the API, and the requests that fill the pool. */
  readonly localRandom: (length: number, purpose: string) => Bytes
}

export interface FoundationOptions {
  readonly dataFolder: string
  readonly policy: EntropyPolicy
  readonly now: () => Milliseconds
}

/**
 * Opens store and pool in the data folder, and makes what is missing; `resources` closes them again.
 * Throws `DataFolderError`, `StoreError` (`locked` where another daemon has the folder), `PoolLocked`, `PoolCorrupt`,
 * `PoolVersionUnsupported`, `PoolWriteFailed`.
 */
export function openFoundation({ dataFolder, policy, now }: FoundationOptions, resources: DisposableStack): Foundation {
  const folder = openDataFolder(dataFolder, osEntropy)
  using rootKey = folder.rootKey
  const store = resources.use(openStore({ folder: dataFolder, rootKey, random: osEntropy }))
  const draws = new DrawJournal(store)
  const pool = resources.use(
    EntropyPool.open({
      file: openPoolFile(join(dataFolder, "pool")),
      rootKey,
      os: osEntropy,
      clock: { now },
      policy,
      journalOf: (block): readonly DrawRecord[] => draws.ofBlock(block),
    }),
  )
  const ledger = resources.use(new Ledger({ store, journal: draws, takeRecords: () => pool.takeRecords() }))
  // Closed before the ledger, which then writes what the pool burned.
  resources.use(pool)
  if (folder.created) ledger.noteLocalDraw(rootKey.expose().length, "root key", now())
  const deliveries = new DeliveryJournal(store)
  deliveries.add(pool.deliveries())
  ledger.commit([])
  return {
    store,
    pool,
    ledger,
    draws,
    deliveries,
    localRandom(length, purpose) {
      ledger.noteLocalDraw(length, purpose, now())
      return osEntropy(length)
    },
  }
}
