import { assertNever, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import { expandWithLabel } from "./labelled-crypto.ts"

export type ResumptionUsage = "application" | "reinit" | "branch"

/** RFC 9420, 8.4: which secret, without the nonce that makes its use unique. */
export type PskReference =
  | { readonly kind: "external"; readonly id: Bytes }
  | { readonly kind: "resumption"; readonly usage: ResumptionUsage; readonly groupId: Bytes; readonly epoch: bigint }

export type PreSharedKeyId = PskReference & { readonly nonce: Bytes }

/** Finds a pre-shared key: an external one, or the `resumptionPsk` of an epoch that was kept. */
export type PskSource = (reference: PskReference) => Uint8Array | undefined

/** A key with the id that a proposal or a Welcome gives it. */
export interface PreSharedKey {
  readonly id: PreSharedKeyId
  readonly key: Uint8Array
}

const KINDS = { external: 1, resumption: 2 } as const
const USAGES: readonly ResumptionUsage[] = ["application", "reinit", "branch"]

/** RFC 9420, 11.2 and 11.3: whether it links a group to the one that it follows, which nothing but its first epoch may. */
export function isForFirstEpoch(id: PskReference): boolean {
  return id.kind === "resumption" && id.usage !== "application"
}

/** RFC 9420, 8.4: `psk_secret`; all zeros where there are no keys. */
export function derivePskSecret(crypto: CryptoProvider, keys: readonly PreSharedKey[]): Bytes {
  const { hashLength } = crypto.suite
  const zeros = new Uint8Array(hashLength)
  return keys.reduce<Bytes>((secret, { id, key }, index) => {
    const label = encode((w) => {
      writePreSharedKeyId(w, id)
      w.uint16(index).uint16(keys.length)
    })
    const input = expandWithLabel(crypto, crypto.extract(zeros, key), "derived psk", label, hashLength)
    return crypto.extract(input, secret)
  }, zeros)
}

export function writePreSharedKeyId(writer: Writer, id: PreSharedKeyId): void {
  writer.uint8(KINDS[id.kind])
  switch (id.kind) {
    case "external":
      writer.opaque(id.id)
      break
    case "resumption":
      writer
        .uint8(USAGES.indexOf(id.usage) + 1)
        .opaque(id.groupId)
        .uint64(id.epoch)
      break
    default:
      assertNever(id)
  }
  writer.opaque(id.nonce)
}

export function readPreSharedKeyId(reader: Reader): PreSharedKeyId {
  const kind = reader.uint8()
  switch (kind) {
    case KINDS.external:
      return { kind: "external", id: reader.opaque(), nonce: reader.opaque() }
    case KINDS.resumption: {
      const usage = USAGES[reader.uint8() - 1] ?? reader.fail("an unknown use of a resumption PSK")
      return { kind: "resumption", usage, groupId: reader.opaque(), epoch: reader.uint64(), nonce: reader.opaque() }
    }
    default:
      return reader.fail(`a PSK of type ${kind}`)
  }
}
