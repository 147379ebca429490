import { APPLIANCES, type ApplianceName } from "@starling/entropy/node"
import { Secret, utf8 } from "@starling/kernel"
import { z } from "zod"

/** Which source a PVS draws on, as its operator chose it. */
export type SourceSettings =
  | { readonly kind: "simulator" }
  | {
      readonly kind: "device"
      readonly path: string
      /** Assessed min-entropy of a byte, in bits; 0 where nobody assessed it, which is enough to look at raw samples. */
      readonly entropyPerByte: number
    }
  | {
      readonly kind: "appliance"
      readonly name: ApplianceName
      readonly address: string | undefined
      readonly key: Secret | { readonly file: string } | undefined
      readonly authorityFile: string | undefined
      readonly entropyPerByte: number
    }

/** The options `--source`, `--source-url`, `--source-key-file`, `--source-ca` and `--source-entropy`, and the key. */
export const SourceOptions = z
  .strictObject({
    source: z.string().default("simulator"),
    url: z.url({ protocol: /^https?$/ }).optional(),
    keyFile: z.string().optional(),
    /** From the environment. */
    key: z.string().optional(),
    ca: z.string().optional(),
    entropy: z.coerce.number().min(0.5).max(8).optional(),
  })
  .transform((given, context): SourceSettings => {
    const entropyPerByte = given.entropy ?? 0
    if (given.source === "simulator" && given.entropy !== undefined) {
      context.addIssue({ code: "custom", message: "the simulator's entropy follows from its model" })
    }
    if (!isAppliance(given.source) && [given.url, given.keyFile, given.ca].some((option) => option !== undefined)) {
      context.addIssue({ code: "custom", message: "only an appliance has a URL, a key or a certificate" })
    }
    if (given.source === "simulator") return { kind: "simulator" }
    if (given.source.startsWith("device:")) {
      return { kind: "device", path: given.source.slice("device:".length), entropyPerByte }
    }
    if (isAppliance(given.source)) {
      return {
        kind: "appliance",
        name: given.source,
        address: given.url,
        key: keyOf(given.keyFile, given.key),
        authorityFile: given.ca,
        entropyPerByte,
      }
    }
    const names = Object.keys(APPLIANCES).join(", ")
    context.addIssue({ code: "custom", message: `a source is simulator, device:PATH, or one of ${names}` })
    return z.NEVER
  })

function keyOf(file: string | undefined, key: string | undefined): Secret | { readonly file: string } | undefined {
  if (file !== undefined) return { file }
  return key === undefined ? undefined : new Secret(utf8(key))
}

function isAppliance(name: string): name is ApplianceName {
  return Object.hasOwn(APPLIANCES, name)
}
