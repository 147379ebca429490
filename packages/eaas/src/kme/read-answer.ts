import { z } from "zod"
import type { Bytes } from "@starling/kernel"
import { fromBase64 } from "./base64.ts"

export interface KmeReply {
  readonly status: number
  /** Parsed JSON, or `undefined`. */
  readonly body: unknown
}

export interface KeyProvenance {
  /** A vendor's KME says nothing, and is taken for the device that its operator bought. */
  readonly simulated: boolean
  /** At least one was put in by hand, not made by the link. */
  readonly bootstrapped: boolean
}

/** One key of an answer; whoever gets it wipes it. */
export interface NamedKey {
  readonly id: string
  readonly bytes: Bytes
  readonly provenance: KeyProvenance
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

/** Throws `KeyServiceError`. */
export function readService(reply: KmeReply): KeyService {
  if (reply.status !== 200) throw faultOf(reply)
  const status = Status.safeParse(respelled(reply.body))
  if (!status.success) throw new KeyServiceError("malformed", "the KME's status can't be read")
  const { key_size, min_key_size, max_key_size, max_key_per_request, stored_key_count, status_extension } = status.data
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

/** Throws `KeyServiceError`. */
export function readKeys(reply: KmeReply): readonly NamedKey[] {
  if (reply.status !== 200) throw faultOf(reply)
  const container = Container.safeParse(respelled(reply.body))
  if (!container.success) throw new KeyServiceError("malformed", "the KME's keys can't be read")
  return container.data.keys.map(({ key_ID: id, key, key_extension }) => ({
    id,
    bytes: fromBase64(key) ?? fail(),
    provenance: {
      simulated: key_extension?.starling_simulated === true,
      bootstrapped: key_extension?.starling_origin === "bootstrapped",
    },
  }))
}

/** What the KME's refusal means; its own words go to the log of whoever asked. */
export function faultOf({ status, body }: KmeReply): KeyServiceError {
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
