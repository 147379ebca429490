import type { Bytes } from "@starling/kernel"
import { StoreError, type Range, type Row, type Store, type Write } from "@starling/messenger/ports"

interface Kept {
  readonly ordinal: number
  readonly value: Bytes
}
type Buckets = Map<string, Map<string, Map<string, Kept>>>

/** The store port in memory: what `commit` was given, all of it or nothing. */
export class MemoryStore implements Store {
  #buckets: Buckets = new Map()
  commits = 0
  /** The disk has no room: commits throw, and nothing of them happens. */
  isFull = false

  commit(writes: readonly Write[]): void {
    if (this.isFull) throw new StoreError("full", "no room on the simulated disk")
    for (const write of writes) {
      const bucket = entryOf(this.#buckets, write.bucket)
      if (write.kind === "delete-partition") bucket.delete(write.partition)
      else if (write.kind === "delete") bucket.get(write.partition)?.delete(write.key)
      else entryOf(bucket, write.partition).set(write.key, keep(write))
    }
    this.commits++
  }

  get(bucket: string, partition: string, key: string): Bytes | undefined {
    return this.#buckets.get(bucket)?.get(partition)?.get(key)?.value.slice()
  }

  list(bucket: string, partition: string, range: Range = {}): readonly Row[] {
    const { after = -Infinity, before = Infinity, limit = Infinity, newestFirst = false } = range
    const rows = Array.from(this.#buckets.get(bucket)?.get(partition) ?? [], ([key, { ordinal, value }]) => ({
      partition,
      key,
      ordinal,
      value: value.slice(),
    }))
      .filter(({ ordinal }) => ordinal > after && ordinal < before)
      .sort((a, b) => a.ordinal - b.ordinal)
    return (newestFirst ? rows.toReversed() : rows).slice(0, limit)
  }

  all(bucket: string): readonly Row[] {
    return [...(this.#buckets.get(bucket)?.keys() ?? [])].sort().flatMap((partition) => this.list(bucket, partition))
  }

  /** A backup: everything as it stands. */
  copy(): Buckets {
    return new Map(Array.from(this.#buckets, ([name, bucket]) => [name, copyBucket(bucket)]))
  }

  /** Puts a backup in the place of everything. */
  restore(backup: Buckets): void {
    this.#buckets = new Map(Array.from(backup, ([name, bucket]) => [name, copyBucket(bucket)]))
  }

  [Symbol.dispose](): void {
    this.#buckets.clear()
  }
}

function keep({ ordinal, value }: Extract<Write, { kind: "put" }>): Kept {
  return { ordinal, value: new Uint8Array(value) }
}

function entryOf<K, V>(map: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const known = map.get(key)
  if (known !== undefined) return known
  const entry = new Map<string, V>()
  map.set(key, entry)
  return entry
}

function copyBucket(bucket: ReadonlyMap<string, Map<string, Kept>>): Map<string, Map<string, Kept>> {
  return new Map(Array.from(bucket, ([partition, rows]) => [partition, new Map(rows)]))
}
