import { type CryptoProvider, type MlsContext } from "@starling/mls"
import {
  confirmedTranscriptHash,
  decryptWithLabel,
  deriveEpochSecrets,
  deriveJoinerSecret,
  derivePskSecret,
  deriveSecret,
  deriveTreeSecret,
  deriveWelcomeSecret,
  encodeGroupContext,
  encryptWithLabel,
  expandWithLabel,
  interimTranscriptHash,
  mlsExporter,
  readAuthenticatedContent,
  refHash,
  secretTree,
  senderDataKey,
  signWithLabel,
  takeKey,
  verifyWithLabel,
} from "@starling/mls/rfc9420"
import { decode, encode } from "@starling/wire"

import { seededRandom } from "../world.ts"
import { equal, ok } from "./assertions.ts"
import { asList, Fields } from "./fields.ts"

export function cryptoBasics(crypto: CryptoProvider, fields: Fields): void {
  const ref = fields.fields("ref_hash")
  equal(refHash(crypto, ref.text("label"), ref.bytes("value")), ref.bytes("out"))
  const expand = fields.fields("expand_with_label")
  equal(
    expandWithLabel(
      crypto,
      expand.bytes("secret"),
      expand.text("label"),
      expand.bytes("context"),
      expand.number("length"),
    ),
    expand.bytes("out"),
  )
  const derive = fields.fields("derive_secret")
  equal(deriveSecret(crypto, derive.bytes("secret"), derive.text("label")), derive.bytes("out"))
  const tree = fields.fields("derive_tree_secret")
  equal(
    deriveTreeSecret(
      crypto,
      tree.bytes("secret"),
      tree.text("label"),
      tree.number("generation"),
      tree.number("length"),
    ),
    tree.bytes("out"),
  )
  const sign = fields.fields("sign_with_label")
  const [label, content] = [sign.text("label"), sign.bytes("content")]
  ok(verifyWithLabel(crypto, sign.bytes("pub"), label, content, sign.bytes("signature")))
  const signature = signWithLabel(crypto, sign.privateKey("priv", crypto.signature.seedLength), label, content)
  ok(verifyWithLabel(crypto, sign.bytes("pub"), label, content, signature))
  sealing(crypto, fields.fields("encrypt_with_label"))
}

function sealing(crypto: CryptoProvider, fields: Fields): void {
  const [label, context, plaintext] = [fields.text("label"), fields.bytes("context"), fields.bytes("plaintext")]
  const sealed = { kemOutput: fields.bytes("kem_output"), ciphertext: fields.bytes("ciphertext") }
  equal(decryptWithLabel(crypto, fields.privateKey("priv", crypto.kem.seedLength), label, context, sealed), plaintext)
  const mls: MlsContext = { crypto, random: seededRandom("vectors"), authenticate: () => undefined }
  const own = encryptWithLabel(mls, fields.bytes("pub"), label, context, plaintext)
  equal(decryptWithLabel(crypto, fields.privateKey("priv", crypto.kem.seedLength), label, context, own), plaintext)
}

export function keySchedule(crypto: CryptoProvider, fields: Fields): void {
  const groupId = fields.bytes("group_id")
  let init = fields.bytes("initial_init_secret")
  for (const [i, epoch] of fields.list("epochs").entries()) {
    const context = encodeGroupContext({
      version: 1,
      ciphersuite: crypto.suite.id,
      groupId,
      epoch: BigInt(i),
      treeHash: epoch.bytes("tree_hash"),
      confirmedTranscriptHash: epoch.bytes("confirmed_transcript_hash"),
      extensions: [],
    })
    equal(context, epoch.bytes("group_context"))
    const joiner = deriveJoinerSecret(crypto, init, epoch.bytes("commit_secret"), context)
    equal(joiner, epoch.bytes("joiner_secret"))
    const psk = epoch.bytes("psk_secret")
    equal(deriveWelcomeSecret(crypto, joiner, psk), epoch.bytes("welcome_secret"))
    const secrets = deriveEpochSecrets(crypto, joiner, psk, context)
    equal(secrets.init, epoch.bytes("init_secret"))
    equal(secrets.senderData, epoch.bytes("sender_data_secret"))
    equal(secrets.encryption, epoch.bytes("encryption_secret"))
    equal(secrets.exporter, epoch.bytes("exporter_secret"))
    equal(secrets.authenticator, epoch.bytes("epoch_authenticator"))
    equal(secrets.external, epoch.bytes("external_secret"))
    equal(secrets.confirmation, epoch.bytes("confirmation_key"))
    equal(secrets.membership, epoch.bytes("membership_key"))
    equal(secrets.resumption, epoch.bytes("resumption_psk"))
    equal(crypto.kem.deriveKeyPair(secrets.external).publicKey, epoch.bytes("external_pub"))
    const exporter = epoch.fields("exporter")
    equal(
      mlsExporter(
        crypto,
        secrets.exporter,
        exporter.text("label"),
        exporter.bytes("context"),
        exporter.number("length"),
      ),
      exporter.bytes("secret"),
    )
    init = secrets.init
  }
}

export function pskSecret(crypto: CryptoProvider, fields: Fields): void {
  const keys = fields.list("psks").map((psk) => ({
    id: { kind: "external", id: psk.bytes("psk_id"), nonce: psk.bytes("psk_nonce") } as const,
    key: psk.bytes("psk"),
  }))
  equal(derivePskSecret(crypto, keys), fields.bytes("psk_secret"))
}

export function secretTreeKeys(crypto: CryptoProvider, fields: Fields): void {
  const senderData = fields.fields("sender_data")
  const { key, nonce } = senderDataKey(crypto, senderData.bytes("sender_data_secret"), senderData.bytes("ciphertext"))
  equal(key, senderData.bytes("key"))
  equal(nonce, senderData.bytes("nonce"))
  const perLeaf = fields.values("leaves")
  let tree = secretTree(fields.bytes("encryption_secret"))
  for (const [leafIndex, generations] of perLeaf.entries()) {
    for (const expected of asList(generations, "generations").map((item) => new Fields(item))) {
      for (const type of ["application", "handshake"] as const) {
        const taken = takeKey(crypto, tree, perLeaf.length, leafIndex, type, expected.number("generation"))
        equal(taken.key, expected.bytes(`${type}_key`))
        equal(taken.nonce, expected.bytes(`${type}_nonce`))
        tree = taken.tree
      }
    }
  }
}

export function transcriptHashes(crypto: CryptoProvider, fields: Fields): void {
  const encoded = fields.bytes("authenticated_content")
  const decoded = decode(encoded, readAuthenticatedContent)
  if (decoded.kind !== "ok") throw new Error(decoded.why)
  const { wireFormat, framed, auth } = decoded.value
  const before = fields.bytes("interim_transcript_hash_before")
  const confirmed = confirmedTranscriptHash(crypto, before, wireFormat, framed, auth.signature)
  equal(confirmed, fields.bytes("confirmed_transcript_hash_after"))
  const tag = auth.confirmationTag ?? encode(() => undefined)
  equal(crypto.hmac(fields.bytes("confirmation_key"), confirmed), tag)
  equal(interimTranscriptHash(crypto, confirmed, tag), fields.bytes("interim_transcript_hash_after"))
}
