import { decodeCbor, encodeCbor } from "@starling/wire"
import type { Delivery } from "@starling/entropy"
import { StoreError, type Store, type Write } from "@starling/messenger/ports"
import { z } from "zod"

const BUCKET = "deliveries"
const PARTITION = "device"
const MOST_ROW_BYTES = 4096

const StoredDelivery = z.object({
  v: z.literal(1),
  id: z.string(),
  source: z.string(),
  simulated: z.boolean(),
  path: z.enum(["loopback tap", "nfc tap"]),
  localProvider: z.string(),
  epoch: z.number(),
  anonymitySet: z.number(),
  proofMilliseconds: z.number(),
  bytes: z.number(),
  receivedAt: z.number(),
  channel: z.string().max(96).optional(),
})

/**
 * A delivery, and how it came to the Local Provider. The pool doesn't keep that: of a delivery which a crash brought into
 * the pool alone, it is not known.
 */
export interface JournaledDelivery extends Delivery {
  readonly channel?: string
}

/** What the EaaS delivered, kept for as long as draws point to it, which is for good. */
export class DeliveryJournal {
  readonly #store: Store
  readonly #known = new Map<string, JournaledDelivery>()

  constructor(store: Store) {
    this.#store = store
    for (const row of store.all(BUCKET)) {
      const delivery = decodeDelivery(row.value)
      this.#known.set(delivery.id, delivery)
    }
  }

  /** Keeps those not yet known. The pool holds a delivery's bytes before the journal does, so that the next start makes up for a crash. */
  add(deliveries: readonly JournaledDelivery[]): void {
    const fresh = deliveries.filter(({ id }) => !this.#known.has(id))
    if (fresh.length === 0) return
    this.#store.commit(fresh.map(putDelivery))
    for (const delivery of fresh) this.#known.set(delivery.id, delivery)
  }

  get(id: string): JournaledDelivery | undefined {
    return this.#known.get(id)
  }

  /** Oldest first. */
  list(): readonly JournaledDelivery[] {
    return [...this.#known.values()]
  }
}

function putDelivery(delivery: JournaledDelivery): Write {
  return {
    kind: "put",
    bucket: BUCKET,
    partition: PARTITION,
    key: delivery.id,
    ordinal: delivery.receivedAt,
    value: encodeCbor({ v: 1, ...delivery }),
  }
}

function decodeDelivery(value: Uint8Array): JournaledDelivery {
  const decoded = decodeCbor(value, MOST_ROW_BYTES)
  const delivery = StoredDelivery.safeParse(decoded.kind === "ok" ? decoded.value : undefined)
  if (!delivery.success)
    throw new StoreError("corrupt", "a delivery's row can't be read: restore the data folder from a copy")
  const { v: _version, channel, ...fields } = delivery.data
  return { ...fields, ...(channel !== undefined && { channel }) }
}
