import type { Bytes } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import type { CryptoProvider, HpkeCiphertext } from "./crypto-provider.ts"
import { expandWithLabel } from "./labelled-crypto.ts"
import { MAX_LEAVES, MAX_PSKS } from "./limits.ts"
import { readPreSharedKeyId, writePreSharedKeyId, type PreSharedKeyId } from "./pre-shared-key.ts"
import { readReference } from "./reference.ts"
import type { MessageKey } from "./secret-tree.ts"
import { readHpkeCiphertext, writeHpkeCiphertext } from "./update-path.ts"

/** RFC 9420, 12.4.3.1: for one new member, found by the reference to its KeyPackage. */
export interface EncryptedGroupSecrets {
  readonly newMember: Bytes
  readonly encryptedGroupSecrets: HpkeCiphertext
}

export interface Welcome {
  readonly ciphersuite: number
  readonly secrets: readonly EncryptedGroupSecrets[]
  readonly encryptedGroupInfo: Bytes
}

/** RFC 9420, 12.4.3.1. `pathSecret` is that of the lowest parent that the new member shares with the committer. */
export interface GroupSecrets {
  readonly joinerSecret: Bytes
  readonly pathSecret: Bytes | undefined
  readonly psks: readonly PreSharedKeyId[]
}

/** The key that a Welcome's GroupInfo is encrypted with. */
export function welcomeKey(crypto: CryptoProvider, welcomeSecret: Uint8Array): MessageKey {
  const nothing = new Uint8Array(0)
  return {
    key: expandWithLabel(crypto, welcomeSecret, "key", nothing, crypto.suite.aeadKeyLength),
    nonce: expandWithLabel(crypto, welcomeSecret, "nonce", nothing, crypto.suite.aeadNonceLength),
  }
}

export function writeWelcome(writer: Writer, welcome: Welcome): void {
  writer.uint16(welcome.ciphersuite)
  writer.vector(welcome.secrets, (w, entry) => {
    writeHpkeCiphertext(w.opaque(entry.newMember), entry.encryptedGroupSecrets)
  })
  writer.opaque(welcome.encryptedGroupInfo)
}

export function readWelcome(reader: Reader): Welcome {
  return {
    ciphersuite: reader.uint16(),
    secrets: reader.vector(
      (r) => ({ newMember: readReference(r), encryptedGroupSecrets: readHpkeCiphertext(r) }),
      MAX_LEAVES,
    ),
    encryptedGroupInfo: reader.opaque(),
  }
}

export function writeGroupSecrets(writer: Writer, secrets: GroupSecrets): void {
  writer.opaque(secrets.joinerSecret).optional(secrets.pathSecret, (w, secret) => w.opaque(secret))
  writer.vector(secrets.psks, writePreSharedKeyId)
}

export function readGroupSecrets(reader: Reader): GroupSecrets {
  return {
    joinerSecret: reader.opaque(),
    pathSecret: reader.optional((r) => r.opaque()),
    psks: reader.vector(readPreSharedKeyId, MAX_PSKS),
  }
}
