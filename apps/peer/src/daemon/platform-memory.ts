import { discoveryOf, platformFrom, type Platform } from "@starling/eaas"
import { fromUtf8, utf8, type Bytes } from "@starling/kernel"
import type { Store } from "@starling/messenger/ports"
import { z } from "zod"
import type { Ledger } from "./ledger.ts"

const BUCKET = "eaas"
const KEY = "platform"

const Row = z.object({ v: z.literal(1), origin: z.string(), document: z.unknown() })

/** What was last found of the platform, so that keys still come by taps while this peer has no network. */
export class PlatformMemory {
  readonly #store: Pick<Store, "get">
  readonly #ledger: Ledger

  constructor(store: Pick<Store, "get">, ledger: Ledger) {
    this.#store = store
    this.#ledger = ledger
  }

  /** `undefined` where nothing is known of a platform at this URL. */
  load(url: string): Platform | undefined {
    const bytes = this.#store.get(BUCKET, KEY, KEY)
    const row = Row.safeParse(bytes === undefined ? undefined : parseJson(bytes))
    if (!row.success || row.data.origin !== new URL(url).origin) return undefined
    const platform = platformFrom(row.data.document, row.data.origin)
    return platform.kind === "ok" ? platform.value : undefined
  }

  /** Keeps the platform, without the fragment of its URL, which has a code. */
  save(url: string, platform: Platform): void {
    const value = utf8(JSON.stringify({ v: 1, origin: new URL(url).origin, document: discoveryOf(platform) }))
    this.#ledger.commit([{ kind: "put", bucket: BUCKET, partition: KEY, key: KEY, ordinal: 0, value }])
  }
}

function parseJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes) ?? "")
  } catch {
    return undefined
  }
}
