import { equalBytes, fromHex, malformed, ok, toHex, type Bytes, type Decoded } from "@starling/kernel"
import { z } from "zod"
import { serviceIdOf } from "../binding.ts"
import { LOCAL_PROVIDER_ID_BYTES, PUBLIC_KEY_BYTES } from "../protocol.ts"

const key = z.string().regex(new RegExp(`^[0-9a-f]{${2 * PUBLIC_KEY_BYTES}}$`))

/** The discovery document, at `/.well-known/starling-eaas` of the AS. URLs are relative to it. */
const Discovery = z.object({
  version: z.literal(1),
  service: key,
  authentication: z.object({
    url: z.string().max(2048),
    publicKey: key,
    /** Where users register by certificate, over mutual TLS; absent where they don't. */
    certified: z
      .url({ protocol: /^https$/ })
      .max(2048)
      .optional(),
  }),
  validation: z.object({ publicKey: key }),
  localProviders: z
    .array(
      z.object({
        id: z.string().regex(new RegExp(`^[0-9a-f]{${2 * LOCAL_PROVIDER_ID_BYTES}}$`)),
        name: z.string().min(1).max(64),
        url: z.string().max(2048),
      }),
    )
    .min(1)
    .max(1024),
  /** The platform runs inside this peer's own process tree: one user, who hides among nobody. */
  embedded: z.boolean(),
  simulatedSource: z.boolean(),
  developmentProvingKey: z.boolean(),
})

export type Discovery = z.infer<typeof Discovery>

export interface LocalProviderEntry {
  readonly id: Bytes
  readonly name: string
  readonly url: string
}

/** Where a platform's parts are, and the keys that speak for it. */
export interface Platform {
  /** Digest of both keys, so that another key makes another platform. */
  readonly service: Bytes
  readonly authentication: {
    readonly url: string
    readonly publicKey: Bytes
    /** Where users register by certificate; `undefined` where they don't. */
    readonly certified?: string | undefined
  }
  readonly validation: { readonly publicKey: Bytes }
  readonly localProviders: readonly LocalProviderEntry[]
  readonly embedded: boolean
  readonly simulatedSource: boolean
  readonly developmentProvingKey: boolean
}

/** Reads a discovery document found at `base`. */
export function platformFrom(document: unknown, base: string): Decoded<Platform> {
  const parsed = Discovery.safeParse(document)
  if (!parsed.success) return malformed(z.prettifyError(parsed.error))
  const { service, authentication, validation, localProviders, ...flags } = parsed.data
  const keys = { authentication: bytes(authentication.publicKey), validation: bytes(validation.publicKey) }
  if (!equalBytes(serviceIdOf(keys.authentication, keys.validation), bytes(service))) {
    return malformed("the service id is not that of the keys")
  }
  const absolute = (url: string): string | undefined => URL.parse(url, base)?.href
  const entries = localProviders.map((lp) => ({ id: bytes(lp.id), name: lp.name, url: absolute(lp.url) ?? "" }))
  const authenticationUrl = absolute(authentication.url)
  if (authenticationUrl === undefined || entries.some(({ url }) => url === ""))
    return malformed("an address that is none")
  return ok({
    service: bytes(service),
    authentication: {
      url: authenticationUrl,
      publicKey: keys.authentication,
      certified: authentication.certified,
    },
    validation: { publicKey: keys.validation },
    localProviders: entries,
    embedded: flags.embedded,
    simulatedSource: flags.simulatedSource,
    developmentProvingKey: flags.developmentProvingKey,
  })
}

/** The document that `platformFrom` reads. */
export function discoveryOf(platform: Platform): Discovery {
  return {
    version: 1,
    service: toHex(platform.service),
    authentication: {
      url: platform.authentication.url,
      publicKey: toHex(platform.authentication.publicKey),
      ...(platform.authentication.certified !== undefined && { certified: platform.authentication.certified }),
    },
    validation: { publicKey: toHex(platform.validation.publicKey) },
    localProviders: platform.localProviders.map(({ id, name, url }) => ({ id: toHex(id), name, url })),
    embedded: platform.embedded,
    simulatedSource: platform.simulatedSource,
    developmentProvingKey: platform.developmentProvingKey,
  }
}

function bytes(hex: string): Bytes {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new TypeError("hexadecimal that passed a check is none")
  return decoded
}
