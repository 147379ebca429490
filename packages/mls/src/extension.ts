import type { Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { MAX_LISTED } from "./limits.ts"

/** RFC 9420, 13.4. */
export interface Extension {
  readonly type: number
  readonly data: Bytes
}

/** RFC 9420, 17.3: the types that every client supports without saying so. */
export const ExtensionType = {
  applicationId: 1,
  ratchetTree: 2,
  requiredCapabilities: 3,
  externalPub: 4,
  externalSenders: 5,
} as const

export function writeExtensions(writer: Writer, extensions: readonly Extension[]): void {
  writer.vector(extensions, (w, extension) => w.uint16(extension.type).opaque(extension.data))
}

export function encodeExtensions(extensions: readonly Extension[]): Bytes {
  return encode((w) => writeExtensions(w, extensions))
}

/** At most one extension of each type (RFC 9420, 13.4). */
export function readExtensions(reader: Reader): readonly Extension[] {
  const seen = new Set<number>()
  return reader.vector((r) => {
    const type = r.uint16()
    if (seen.has(type)) r.fail(`two extensions of type ${type}`)
    seen.add(type)
    return { type, data: r.opaque() }
  }, MAX_LISTED)
}

/** The same of a list of our own. */
export function requireDistinctTypes(extensions: readonly Extension[]): void {
  const types = new Set(extensions.map(({ type }) => type))
  if (types.size < extensions.length) throw new RangeError("a list of extensions has at most one of each type")
}

export function findExtension(extensions: readonly Extension[], type: number): Extension | undefined {
  return extensions.find((extension) => extension.type === type)
}

export function isDefaultExtension(type: number): boolean {
  return type >= ExtensionType.applicationId && type <= ExtensionType.externalSenders
}
