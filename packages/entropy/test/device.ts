import { EntropyPool, type DrawRecord, type EntropyPolicy, type OsEntropy } from "@starling/entropy"
import { Secret } from "@starling/kernel"

import { Disk } from "./disk.ts"
import { Seeded } from "./seeded.ts"

interface DeviceOptions {
  readonly disk?: Disk
  readonly policy?: EntropyPolicy
  readonly os?: OsEntropy
  readonly root?: number
  readonly journal?: readonly DrawRecord[]
}

/** Opens a device's pool at a clock that stands still. */
export function openPool(options: DeviceOptions = {}): EntropyPool {
  const journal = options.journal ?? []
  return EntropyPool.open({
    file: (options.disk ?? new Disk()).open(),
    rootKey: new Secret(new Uint8Array(32).fill(options.root ?? 9)),
    os: options.os ?? new Seeded(1).bytes,
    clock: { now: () => 1_700_000_000_000 },
    policy: options.policy ?? "mixed",
    journalOf: (block) => journal.filter((record) => record.eaas.some((range) => range.block === block)),
  })
}
