import { decodeCbor, encodeCbor } from "@starling/wire"
import type { Store } from "@starling/messenger/ports"
import { z } from "zod"

const BUCKET = "addresses"
const PARTITION = "known"
const MOST_ROW_BYTES = 8192

const StoredAddresses = z.object({ v: z.literal(1), addresses: z.array(z.string()) })

interface KnownPeer {
  readonly peerId: string
  readonly addresses: readonly string[]
}

/** Where peers were last reached, kept in the store. */
export class StoredAddressBook {
  readonly #store: Store
  readonly #report: (error: unknown) => void

  constructor(store: Store, report: (error: unknown) => void) {
    this.#store = store
    this.#report = report
  }

  load(): readonly KnownPeer[] {
    return this.#store.list(BUCKET, PARTITION).flatMap((row) => {
      const decoded = decodeCbor(row.value, MOST_ROW_BYTES)
      const stored = StoredAddresses.safeParse(decoded.kind === "ok" ? decoded.value : undefined)
      return stored.success ? [{ peerId: row.key, addresses: stored.data.addresses }] : []
    })
  }

  /** An address that the disk does not take is found again another way. */
  save({ peerId, addresses }: KnownPeer): void {
    const value = encodeCbor({ v: 1, addresses })
    try {
      this.#store.commit([{ kind: "put", bucket: BUCKET, partition: PARTITION, key: peerId, ordinal: 0, value }])
    } catch (error) {
      this.#report(error)
    }
  }
}
