import { equalBytes, type Decoded } from "@starling/kernel"
import {
  join,
  receive,
  resumptionPsk,
  type GroupState,
  type CryptoProvider,
  type MlsContext,
  type PskReference,
  type PskSource,
} from "@starling/mls"
import { decodeMlsMessage, keyPackageReference } from "@starling/mls/rfc9420"

import { seededRandom } from "../world.ts"
import { equal, ok } from "./assertions.ts"
import type { Fields } from "./fields.ts"

/** Joins by a Welcome and follows the commits after it. */
export function passiveClient(crypto: CryptoProvider, fields: Fields): void {
  const mls: MlsContext = { crypto, random: seededRandom("passive client"), authenticate: () => undefined }
  const decoded = value(decodeMlsMessage(fields.bytes("key_package")))
  ok(decoded.kind === "key-package")
  const { keyPackage } = decoded
  const signatureKeys = {
    publicKey: keyPackage.leafNode.signatureKey,
    privateKey: fields.privateKey("signature_priv", crypto.signature.seedLength),
  }
  equal(crypto.signature.deriveKeyPair(signatureKeys.privateKey).publicKey, signatureKeys.publicKey)
  const kept: GroupState[] = []
  const psks: PskSource = (reference) => findPsk(fields, kept, reference)
  const ratchetTree = fields.optionalBytes("ratchet_tree")
  const joined = join(mls, {
    welcome: fields.bytes("welcome"),
    keyPackage: {
      message: fields.bytes("key_package"),
      reference: keyPackageReference(crypto, keyPackage),
      keyPackage,
      initPrivateKey: fields.privateKey("init_priv", crypto.kem.seedLength),
      encryptionPrivateKey: fields.privateKey("encryption_priv", crypto.kem.seedLength),
    },
    signatureKeys,
    psks,
    ...(ratchetTree === undefined ? {} : { ratchetTree }),
  })
  if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
  let { state } = joined
  equal(state.epochAuthenticator, fields.bytes("initial_epoch_authenticator"))
  for (const epoch of fields.list("epochs")) {
    kept.push(state)
    for (const proposal of epoch.bytesList("proposals")) {
      const received = receive(mls, state, proposal)
      if (received.kind === "refused") throw new Error(`${received.reason} (${received.section})`)
      ok(received.kind === "proposal")
      state = received.next
    }
    const received = receive(mls, state, epoch.bytes("commit"), { psks })
    if (received.kind === "refused") throw new Error(`${received.reason} (${received.section})`)
    ok(received.kind === "commit")
    state = received.next
    equal(state.epochAuthenticator, epoch.bytes("epoch_authenticator"))
  }
}

function findPsk(fields: Fields, kept: readonly GroupState[], reference: PskReference): Uint8Array | undefined {
  if (reference.kind === "external") {
    return fields
      .list("external_psks")
      .find((psk) => equalBytes(psk.bytes("psk_id"), reference.id))
      ?.bytes("psk")
  }
  const state = kept.find(({ epoch, groupId }) => epoch === reference.epoch && equalBytes(groupId, reference.groupId))
  return state && resumptionPsk(state)
}

function value<T>(decoded: Decoded<T>): T {
  if (decoded.kind !== "ok") throw new Error(decoded.why)
  return decoded.value
}
