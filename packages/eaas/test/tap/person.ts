import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { PhoneTap, type EntropyClient, type KeyDelivered, type KeySize } from "@starling/eaas"
import { TapCard } from "@starling/eaas/tap"
import { EntropyPool } from "@starling/entropy"
import { openPoolFile, osEntropy } from "@starling/entropy/node"
import { Secret } from "@starling/kernel"
import { patience } from "../platform.ts"

/** Somebody whose phone is their peer's card, with no network between the two but a call. */
export class Person implements Disposable {
  readonly tap = new PhoneTap()
  readonly card = new TapCard(this.tap)
  readonly pool: EntropyPool
  /** Ids of the deliveries that went into the pool. */
  readonly deliveries: string[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), "starling-tap-"))
  #client: EntropyClient | undefined

  constructor() {
    this.pool = EntropyPool.open({
      file: openPoolFile(join(this.#folder, "pool")),
      rootKey: new Secret(osEntropy(32)),
      os: osEntropy,
      clock: { now: () => 0 },
      policy: "mixed",
      journalOf: () => [],
    })
  }

  /** `open` makes the client that requests go out by, through this person's tap. */
  static async with(open: (tap: PhoneTap) => Promise<EntropyClient>): Promise<Person> {
    const person = new Person()
    person.#client = await open(person.tap)
    return person
  }

  /** Makes a request for `keySize` bytes, and resolves once the card has it. What was `obtained` is in the pool; `fill` may put it there otherwise. */
  async request(fill = this.fill.bind(this), keySize: KeySize = 1024): Promise<{ readonly obtained: Promise<void> }> {
    const offered = Promise.withResolvers<void>()
    this.tap.attach((request) => {
      this.card.offer(request)
      if (request !== undefined) offered.resolve()
    })
    const obtained = this.#obtain(keySize, fill)
    await Promise.race([offered.promise, obtained])
    // Who awaits it hears of a failure; until then nobody does.
    obtained.catch(() => {})
    return { obtained }
  }

  /** Puts a key into the pool, once. */
  fill({ bytes, delivery }: KeyDelivered): void {
    if (this.deliveries.includes(delivery.id)) return
    this.pool.fill(bytes, { ...delivery, receivedAt: 0 })
    this.deliveries.push(delivery.id)
  }

  [Symbol.dispose](): void {
    this.pool[Symbol.dispose]()
    rmSync(this.#folder, { recursive: true })
  }

  async #obtain(keySize: KeySize, fill: (key: KeyDelivered) => void): Promise<void> {
    try {
      await this.#client?.obtain(keySize, patience, () => {}, fill)
    } finally {
      this.tap.refuse()
    }
  }
}
