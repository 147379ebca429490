import { z } from "zod"

/** ETSI GS QKD 014 V1.1.1, 6: what goes over the interface, as a KME of ours reads it. */

const extension = z.record(z.string(), z.unknown())

export const KeyRequest = z.object({
  number: z.int().min(1).optional(),
  size: z.int().min(1).optional(),
  additional_slave_SAE_IDs: z.array(z.string()).optional(),
  extension_mandatory: z.array(extension).optional(),
  extension_optional: z.array(extension).optional(),
})
export type KeyRequest = z.infer<typeof KeyRequest>

export const KeyIds = z.object({
  key_IDs: z
    .array(z.object({ key_ID: z.string().max(64) }))
    .min(1)
    .max(1024),
})

export interface Status {
  readonly source_KME_ID: string
  readonly target_KME_ID: string
  readonly master_SAE_ID: string
  readonly slave_SAE_ID: string
  readonly key_size: number
  readonly stored_key_count: number
  readonly max_key_count: number
  readonly max_key_per_request: number
  readonly max_key_size: number
  readonly min_key_size: number
  readonly max_SAE_ID_count: number
  readonly status_extension: { readonly starling_link: LinkStatus }
}

/** Ours: what the link is, and how it is. */
export interface LinkStatus {
  readonly simulated: boolean
  /** In words, while the last block raised one. */
  readonly alarm: string | null
  readonly distilled_bits: number
  readonly bootstrapped_bits: number
}

export interface DeliveredKey {
  readonly key_ID: string
  /** Base64 with padding. */
  readonly key: string
  /** Ours: where the bits come from, so that provenance can say it. */
  readonly key_extension: {
    readonly starling_origin: "distilled" | "bootstrapped"
    readonly starling_simulated: boolean
  }
}

export interface KeyContainer {
  readonly keys: readonly DeliveredKey[]
}

/** The messages that the standard names, letter for letter (5.2 to 5.4). */
export const MESSAGES = {
  size: "size shall be a multiple of 8",
  mandatoryUnsupported: "not all extension_mandatory parameters are supported",
  mandatoryUnmet: "not all extension_mandatory request options could be met",
  optionalUnhandled: "not all extension_optional request options handled",
  notFound: "one or more keys specified are not found on KME",
} as const

/** The one extension that our KMEs know, mandatory or optional: `{"starling_origin": "distilled"}` takes no other keys. */
export const ORIGIN_EXTENSION = "starling_origin"

export type KmeAnswer =
  | { readonly status: 200; readonly body: Status | KeyContainer }
  | { readonly status: 400 | 503; readonly body: { readonly message: string; readonly details?: readonly object[] } }
  | { readonly status: 401 | 404 | 405 }
