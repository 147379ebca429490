import { concat, wipe, type Bytes } from "@starling/kernel"
import {
  faultOf,
  KeyServiceError,
  readKeys,
  readService,
  type KeyProvenance,
  type KeyService,
  type KmeReply,
  type NamedKey,
} from "./read-answer.ts"

/** How an SAE reaches its own KME: HTTPS with a client certificate, in an application. Throws `Unreachable`. */
export interface KmeTransport {
  call(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal): Promise<KmeReply>
}

/** What an SAE got, and what its KME says of it: of each part what is worst. */
export interface QuantumKey {
  /** Names of the keys that the bytes are made of, in their order. */
  readonly ids: readonly string[]
  readonly bytes: Bytes
  readonly provenance: KeyProvenance
}

/** Names in one request for keys by their names. */
const MAX_NAMES = 128

/** What KMEs say to a request that is more than they understand. */
const TOO_MUCH: ReadonlySet<number> = new Set([400, 404, 405, 413, 422, 501])

/**
 * One SAE at its KME, by ETSI GS QKD 014 and nothing else. It takes what vendors make of the standard: other spellings,
 * 403, 404 and 422 in place of 400 and 401, one key of one size per request, keys in another order than they were named.
 */
export class Sae {
  readonly id: string
  readonly #transport: KmeTransport
  /** The KME has refused more than one key at a time, or a size of our choice, and given one without. */
  #isPlain = false

  constructor(id: string, transport: KmeTransport) {
    this.id = id
    this.#transport = transport
  }

  async service(peer: string, signal: AbortSignal): Promise<KeyService> {
    return readService(await this.#transport.call("GET", pathOf(peer, "status"), undefined, signal))
  }

  /** As many bytes as `bytes`, which the SAE `slave` gets by their names; the caller wipes them. Throws `KeyServiceError`. */
  async keyFor(slave: string, bytes: number, signal: AbortSignal): Promise<QuantumKey> {
    const service = await this.service(slave, signal)
    if (service.storedBits < 8 * bytes)
      throw new KeyServiceError("short", `${service.storedBits} bits where ${8 * bytes} are needed`)
    const keys: NamedKey[] = []
    try {
      for (let missing = bytes; missing > 0;) {
        const more = await this.#someKeys(slave, missing, service, signal)
        keys.push(...more)
        const length = more.reduce((sum, key) => sum + key.bytes.length, 0)
        if (length === 0) throw new KeyServiceError("malformed", "the KME gave keys of no length")
        missing -= length
      }
      return joined(keys, bytes)
    } finally {
      wipe(...keys.map((key) => key.bytes))
    }
  }

  /** The first `bytes` bytes of the keys that the SAE `master` was given under these names. Each is given once. Throws `KeyServiceError`. */
  async keyNamed(master: string, ids: readonly string[], bytes: number, signal: AbortSignal): Promise<QuantumKey> {
    const keys: NamedKey[] = []
    try {
      for (let at = 0; at < ids.length; at += MAX_NAMES)
        keys.push(...(await this.#namedKeys(master, ids.slice(at, at + MAX_NAMES), signal)))
      return joined(inOrder(keys, ids), bytes)
    } finally {
      wipe(...keys.map((key) => key.bytes))
    }
  }

  async #someKeys(
    slave: string,
    missing: number,
    service: KeyService,
    signal: AbortSignal,
  ): Promise<readonly NamedKey[]> {
    if (!this.#isPlain) {
      const body = keysOfOneSize(8 * missing, service)
      const reply = await this.#transport.call("POST", pathOf(slave, "enc_keys"), body, signal)
      if (!TOO_MUCH.has(reply.status)) return readKeys(reply)
    }
    const keys = readKeys(await this.#transport.call("GET", pathOf(slave, "enc_keys"), undefined, signal))
    this.#isPlain = true
    return keys
  }

  async #namedKeys(master: string, ids: readonly string[], signal: AbortSignal): Promise<readonly NamedKey[]> {
    const body = { key_IDs: ids.map((key_ID) => ({ key_ID })) }
    const reply = await this.#transport.call("POST", pathOf(master, "dec_keys"), body, signal)
    const isTooMuch = TOO_MUCH.has(reply.status) && faultOf(reply).reason !== "not-found"
    if (ids.length === 1 || !isTooMuch) return readKeys(reply)
    const keys: NamedKey[] = []
    for (const id of ids) keys.push(...(await this.#namedKeys(master, [id], signal)))
    return keys
  }
}

/** As few keys as the KME allows, and as little more than `bits` in them as whole keys of one size can have. */
function keysOfOneSize(
  bits: number,
  { minKeySize, maxKeySize, maxKeysPerRequest }: KeyService,
): { readonly number: number; readonly size: number } {
  const largest = Math.max(8, maxKeySize - (maxKeySize % 8))
  const number = Math.min(maxKeysPerRequest, Math.ceil(bits / largest))
  const size = 8 * Math.ceil(Math.max(minKeySize, bits / number) / 8)
  return { number, size: Math.min(largest, size) }
}

function pathOf(sae: string, operation: "status" | "enc_keys" | "dec_keys"): string {
  return `/api/v1/keys/${encodeURIComponent(sae)}/${operation}`
}

/** The keys in the order of their names; some vendors write names in capitals. */
function inOrder(keys: readonly NamedKey[], ids: readonly string[]): readonly NamedKey[] {
  const byName = new Map(keys.map((key) => [key.id.toLowerCase(), key]))
  const ordered = ids.flatMap((id) => byName.get(id.toLowerCase()) ?? [])
  if (keys.length !== ids.length || ordered.length !== ids.length)
    throw new KeyServiceError("malformed", "the KME gave other keys than those named")
  return ordered
}

/** The first `length` bytes of all keys; more were fetched only where keys come in sizes of their own. */
function joined(keys: readonly NamedKey[], length: number): QuantumKey {
  const all = concat(...keys.map(({ bytes }) => bytes))
  if (all.length < length) throw new KeyServiceError("malformed", "the KME gave less than it said")
  const bytes = all.slice(0, length)
  wipe(all)
  return {
    ids: keys.map(({ id }) => id),
    bytes,
    provenance: {
      simulated: keys.some(({ provenance }) => provenance.simulated),
      bootstrapped: keys.some(({ provenance }) => provenance.bootstrapped),
    },
  }
}
