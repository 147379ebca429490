import { assertNever, type Bytes } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import { MAX_CERTIFICATES } from "./limits.ts"

/** RFC 9420, 5.3: what an authentication service judges; this package reads no further than the bytes. */
export type Credential =
  | { readonly kind: "basic"; readonly identity: Bytes }
  | { readonly kind: "x509"; readonly certificates: readonly Bytes[] }

const TYPES = { basic: 1, x509: 2 } as const

/** RFC 9420, 17.5. */
export function credentialType(credential: Credential): number {
  return TYPES[credential.kind]
}

export function writeCredential(writer: Writer, credential: Credential): void {
  writer.uint16(credentialType(credential))
  switch (credential.kind) {
    case "basic":
      writer.opaque(credential.identity)
      return
    case "x509":
      writer.vector(credential.certificates, (w, certificate) => w.opaque(certificate))
      return
    default:
      assertNever(credential)
  }
}

/** RFC 9420, 5.3: a credential of another type has no length of its own, so no leaf node can be read past one. */
export function readCredential(reader: Reader): Credential {
  const type = reader.uint16()
  switch (type) {
    case TYPES.basic:
      return { kind: "basic", identity: reader.opaque() }
    case TYPES.x509:
      return { kind: "x509", certificates: reader.vector((r) => r.opaque(), MAX_CERTIFICATES) }
    default:
      return reader.fail(`a credential of unknown type ${type}`)
  }
}
