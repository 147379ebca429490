import { concat, wipe, type Bytes } from "@starling/kernel"
import { z } from "zod"
import { fromBase64 } from "./base64.ts"

/** How an SAE reaches its own KME: HTTPS with a client certificate, in an application. Throws `Unreachable`. */
export interface KmeTransport {
  call(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal): Promise<KmeReply>
}

export interface KmeReply {
  readonly status: number
  /** Parsed JSON, or `undefined`. */
  readonly body: unknown
}

/** What an SAE got, and what its KME says of it. */
export interface QuantumKey {
  /** Names of the keys that the bytes are made of, in their order. */
  readonly ids: readonly string[]
  readonly bytes: Bytes
  readonly provenance: KeyProvenance
}

export interface KeyProvenance {
  /** A vendor's KME says nothing, and is taken for the device that its operator bought. */
  readonly simulated: boolean
  /** At least one was put in by hand, not made by the link. */
  readonly bootstrapped: boolean
}

/** What the KME knows of the key that it shares with one SAE at the other end. Sizes in bits. */
export interface KeyService {
  readonly keySize: number
  readonly minKeySize: number
  readonly maxKeySize: number
  readonly maxKeysPerRequest: number
  readonly storedBits: number
  readonly simulated: boolean
  readonly alarm: string | undefined
}

/** The KME gives no key: too few, none for this name, or nothing that can be read. */
export class KeyServiceError extends Error {
  override readonly name = "KeyServiceError"
  readonly reason: "short" | "refused" | "not-found" | "malformed"

  constructor(reason: KeyServiceError["reason"], message: string) {
    super(message)
    this.reason = reason
  }
}

const LinkStatus = z.object({ simulated: z.boolean(), alarm: z.string().nullish() })
const Status = z.object({
  key_size: z.int().min(8),
  min_key_size: z.int().min(1).optional(),
  max_key_size: z.int().min(8).optional(),
  max_key_per_request: z.int().min(1).optional(),
  stored_key_count: z.int().min(0).optional(),
  status_extension: z.object({ starling_link: LinkStatus.optional() }).nullish(),
})
const Key = z.object({
  key_ID: z.string().min(1).max(64),
  key: z.string().max(1024 * 1024),
  key_extension: z
    .object({ starling_origin: z.string().optional(), starling_simulated: z.boolean().optional() })
    .nullish(),
})
const Container = z.object({ keys: z.array(Key).max(4096) })

/** Names that vendors write otherwise: the standard's own Table 11 has `Keys`, others write all in snake case. */
const SPELLINGS: Readonly<Record<string, string>> = { Keys: "keys", key_id: "key_ID", keyId: "key_ID", keyID: "key_ID" }

/**
 * One SAE at its KME, by ETSI GS QKD 014 and nothing else. It takes what vendors make of the standard: other spellings,
 * 403, 404 and 422 in place of 400 and 401, one key of one size per request.
 */
export class Sae {
  readonly id: string
  readonly #transport: KmeTransport
  /** The KME has refused more than one key at a time, or a size of our choice. */
  #plainRequests = false

  constructor(id: string, transport: KmeTransport) {
    this.id = id
    this.#transport = transport
  }

  async service(peer: string, signal: AbortSignal): Promise<KeyService> {
    const reply = await this.#transport.call("GET", pathOf(peer, "status"), undefined, signal)
    if (reply.status !== 200) throw faultOf(reply)
    const status = Status.safeParse(respelled(reply.body))
    if (!status.success) throw new KeyServiceError("malformed", "the KME's status can't be read")
    const { key_size, min_key_size, max_key_size, max_key_per_request, stored_key_count, status_extension } =
      status.data
    return {
      keySize: key_size,
      minKeySize: min_key_size ?? key_size,
      maxKeySize: max_key_size ?? key_size,
      maxKeysPerRequest: max_key_per_request ?? 1,
      storedBits: stored_key_count === undefined ? Number.POSITIVE_INFINITY : stored_key_count * key_size,
      simulated: status_extension?.starling_link?.simulated ?? false,
      alarm: status_extension?.starling_link?.alarm ?? undefined,
    }
  }

  /** As many bytes as `bytes`, which the SAE `slave` gets by their names; the caller wipes them. Throws `KeyServiceError`. */
  async keyFor(slave: string, bytes: number, signal: AbortSignal): Promise<QuantumKey> {
    const service = await this.service(slave, signal)
    if (service.storedBits < 8 * bytes)
      throw new KeyServiceError("short", `${service.storedBits} bits where ${8 * bytes} are needed`)
    const parts: QuantumKey[] = []
    try {
      for (let missing = bytes; missing > 0;) {
        const part = await this.#someKeys(slave, missing, service, signal)
        if (part.bytes.length === 0) throw new KeyServiceError("malformed", "the KME gave keys of no length")
        parts.push(part)
        missing -= part.bytes.length
      }
      return joined(parts, bytes)
    } finally {
      wipe(...parts.map((part) => part.bytes))
    }
  }

  /** The first `bytes` bytes of the keys that the SAE `master` was given under these names. Each is given once. Throws `KeyServiceError`. */
  async keyNamed(master: string, ids: readonly string[], bytes: number, signal: AbortSignal): Promise<QuantumKey> {
    const batches = this.#plainRequests ? ids.map((id) => [id]) : [ids]
    const parts: QuantumKey[] = []
    try {
      for (const batch of batches) {
        const body = { key_IDs: batch.map((key_ID) => ({ key_ID })) }
        const reply = await this.#transport.call("POST", pathOf(master, "dec_keys"), body, signal)
        const part = keysOf(reply)
        parts.push(part)
        if (part.ids.length !== batch.length || part.ids.some((id, i) => id.toLowerCase() !== batch[i]?.toLowerCase()))
          throw new KeyServiceError("malformed", "the KME gave other keys than those named")
      }
      return joined(parts, bytes)
    } finally {
      wipe(...parts.map((part) => part.bytes))
    }
  }

  async #someKeys(slave: string, missing: number, service: KeyService, signal: AbortSignal): Promise<QuantumKey> {
    if (!this.#plainRequests) {
      const body = keysOfOneSize(8 * missing, service)
      const reply = await this.#transport.call("POST", pathOf(slave, "enc_keys"), body, signal)
      if (![400, 404, 405, 422, 501].includes(reply.status)) return keysOf(reply)
      this.#plainRequests = true
    }
    return keysOf(await this.#transport.call("GET", pathOf(slave, "enc_keys"), undefined, signal))
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

function keysOf(reply: KmeReply): QuantumKey {
  if (reply.status !== 200) throw faultOf(reply)
  const container = Container.safeParse(respelled(reply.body))
  if (!container.success) throw new KeyServiceError("malformed", "the KME's keys can't be read")
  const { keys } = container.data
  const bytes = keys.map(({ key }) => fromBase64(key) ?? fail())
  const extensions = keys.map(({ key_extension }) => key_extension ?? {})
  const key = {
    ids: keys.map(({ key_ID }) => key_ID),
    bytes: concat(...bytes),
    provenance: {
      simulated: extensions.some(({ starling_simulated }) => starling_simulated === true),
      bootstrapped: extensions.some(({ starling_origin }) => starling_origin === "bootstrapped"),
    },
  }
  wipe(...bytes)
  return key
}

/** The first `length` bytes of all parts; more were fetched only where keys come in sizes of their own. */
function joined(parts: readonly QuantumKey[], length: number): QuantumKey {
  const all = concat(...parts.map(({ bytes }) => bytes))
  if (all.length < length) throw new KeyServiceError("malformed", "the KME gave less than it said")
  const bytes = all.slice(0, length)
  wipe(all)
  return {
    ids: parts.flatMap(({ ids }) => ids),
    bytes,
    provenance: {
      simulated: parts.some(({ provenance }) => provenance.simulated),
      bootstrapped: parts.some(({ provenance }) => provenance.bootstrapped),
    },
  }
}

/** What the KME's refusal means; its own words go to the log of whoever asked. */
function faultOf({ status, body }: KmeReply): KeyServiceError {
  const parsed = z.object({ message: z.string().max(1024) }).safeParse(body)
  const message = `the KME answers ${status}${parsed.success ? `: ${parsed.data.message}` : ""}`
  if (status === 503) return new KeyServiceError("short", message)
  const isNotFound = status === 404 || (parsed.success && /not found/i.test(parsed.data.message))
  return new KeyServiceError(isNotFound ? "not-found" : "refused", message)
}

function fail(): never {
  throw new KeyServiceError("malformed", "the KME's keys are no base64")
}

function respelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respelled)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [SPELLINGS[name] ?? spelled(name), respelled(inner)]),
  )
}

/** `max_key_per_request` is as the standard has it; `maxKeyPerRequest` is how some write it. */
function spelled(name: string): string {
  return /^[a-z]+([A-Z][a-z]+)+$/.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name
}
