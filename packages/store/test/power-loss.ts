import type { Operation } from "./recorded-writes.ts"

/** A disk writes sectors whole, and in any order until it is told to sync. */
const SECTOR = 512

/** A piece within one sector, or a new length. */
type Change = { readonly at: number; readonly bytes: Buffer } | { readonly length: number }

class File {
  #durable: Buffer<ArrayBuffer> = Buffer.alloc(0)
  #pending: Change[] = []

  change(...changes: readonly Change[]): void {
    this.#pending.push(...changes)
  }

  sync(): void {
    this.#durable = apply(this.#durable, this.#pending)
    this.#pending = []
  }

  after(survives: () => boolean): Buffer<ArrayBuffer> {
    return apply(this.#durable, this.#pending.filter(survives))
  }
}

/**
 * The files that may be left when the power fails after these operations: what was synced, and of the rest whatever
 * `survives` says, sector by sector. That a file was made or removed is durable once its folder was synced.
 * Syncs of the names that `unsynced` matches are left out.
 */
export function filesAfterPowerLoss(
  operations: readonly Operation[],
  survives: () => boolean,
  unsynced?: RegExp,
): ReadonlyMap<string, Buffer> {
  const current = new Map<string, File>()
  const durable = new Map<string, File>()
  let pending: (readonly [name: string, file: File | undefined])[] = []
  const enter = ([name, file]: readonly [string, File | undefined]): void => {
    if (file === undefined) durable.delete(name)
    else durable.set(name, file)
  }
  const rename = (name: string, file: File | undefined): void => {
    if (file === undefined) current.delete(name)
    else current.set(name, file)
    pending.push([name, file])
  }
  for (const operation of operations) {
    switch (operation.kind) {
      case "create":
        rename(operation.name, new File())
        break
      case "unlink":
        rename(operation.name, undefined)
        break
      case "write":
        current.get(operation.name)?.change(...sectors(operation.at, operation.bytes))
        break
      case "truncate":
        current.get(operation.name)?.change({ length: operation.length })
        break
      case "sync":
        if (unsynced?.test(operation.name) === true) break
        current.get(operation.name)?.sync()
        if (operation.name === ".") {
          pending.forEach(enter)
          pending = []
        }
        break
      case "said":
        break
    }
  }
  pending.filter(survives).forEach(enter)
  return new Map([...durable].map(([name, file]) => [name, file.after(survives)]))
}

function* sectors(at: number, bytes: Buffer): Generator<Change> {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + SECTOR - ((at + from) % SECTOR))
    yield { at: at + from, bytes: bytes.subarray(from, to) }
    from = to
  }
}

function apply(durable: Buffer<ArrayBuffer>, changes: readonly Change[]): Buffer<ArrayBuffer> {
  const ends = changes.map((change) => ("length" in change ? change.length : change.at + change.bytes.length))
  const out = Buffer.alloc(Math.max(durable.length, ...ends))
  durable.copy(out)
  let end = durable.length
  for (const change of changes) {
    if ("length" in change) {
      if (change.length < end) out.fill(0, change.length, end)
      end = change.length
    } else {
      change.bytes.copy(out, change.at)
      end = Math.max(end, change.at + change.bytes.length)
    }
  }
  return out.subarray(0, end)
}
