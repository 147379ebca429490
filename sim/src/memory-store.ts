import type { Bytes } from "@starling/kernel"
import type { Range, Row, Store, Write } from "@starling/messenger/ports"

interface Kept {
  readonly ordinal: number
  readonly value: Bytes
}

/** The store port in memory: what `commit` was given, all of it or nothing. */
export class MemoryStore implements Store {
  #buckets = new Map<string, Map<string, Map<string, Kept>>>()
  commits = 0

  commit(writes: readonly Write[]): void {
    const next = new Map(this.#buckets)
    const touched = new Set<string>()
    const bucketOf = (name: string): Map<string, Map<string, Kept>> => {
      const bucket = touched.has(name) ? next.get(name) : copyBucket(next.get(name))
      touched.add(name)
      next.set(name, bucket ?? new Map())
      return next.get(name) ?? new Map()
    }
    for (const write of writes) {
      const bucket = bucketOf(write.bucket)
      if (write.kind === "delete-partition") {
        bucket.delete(write.partition)
        continue
      }
      const partition = bucket.get(write.partition) ?? new Map<string, Kept>()
      bucket.set(write.partition, partition)
      if (write.kind === "delete") partition.delete(write.key)
      else partition.set(write.key, { ordinal: write.ordinal, value: new Uint8Array(write.value) })
    }
    this.#buckets = next
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

  [Symbol.dispose](): void {
    this.#buckets.clear()
  }
}

function copyBucket(bucket: Map<string, Map<string, Kept>> | undefined): Map<string, Map<string, Kept>> {
  return new Map(Array.from(bucket ?? [], ([partition, rows]) => [partition, new Map(rows)]))
}
