import { equalBytes, type Bytes, type Decoded } from "@starling/kernel"
import { type CryptoProvider, type MlsContext } from "@starling/mls"
import {
  decodeMlsMessage,
  decryptWithLabel,
  deriveEpochSecrets,
  derivePskSecret,
  deriveWelcomeSecret,
  encodeGroupContext,
  encodeMlsMessage,
  framedContentTbs,
  framedSignatureIsValid,
  frameSignedContent,
  groupInfoSignatureIsValid,
  keyPackageReference,
  membershipTagIsValid,
  openPrivateMessage,
  readCommit,
  readContent,
  readGroupInfo,
  readGroupSecrets,
  readProposal,
  readRatchetTree,
  secretTree,
  signFramedContent,
  welcomeKey,
  WireFormat,
  writeCommit,
  writeContent,
  writeGroupSecrets,
  writeProposal,
  writeRatchetTree,
} from "@starling/mls/rfc9420"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import { seededRandom } from "../world.ts"
import { equal, ok } from "./assertions.ts"
import type { Fields } from "./fields.ts"

export function deserialization(_: CryptoProvider, fields: Fields): void {
  const header = fields.bytes("vlbytes_header")
  const decoded = decode(header, (reader) => reader.vectorLength())
  equal(decoded, { kind: "ok", value: fields.number("length") })
  equal(
    encode((writer) => writer.vectorLength(fields.number("length"))),
    header,
  )
}

/** Each struct decodes and encodes to the same bytes. Proposals stand there without their type. */
export function messages(_: CryptoProvider, fields: Fields): void {
  for (const name of [
    "mls_welcome",
    "mls_group_info",
    "mls_key_package",
    "public_message_application",
    "public_message_proposal",
    "public_message_commit",
    "private_message",
  ]) {
    const bytes = fields.bytes(name)
    equal(encodeMlsMessage(value(decodeMlsMessage(bytes))), bytes)
  }
  roundTrip(fields.bytes("ratchet_tree"), readRatchetTree, writeRatchetTree)
  roundTrip(fields.bytes("group_secrets"), readGroupSecrets, writeGroupSecrets)
  roundTrip(fields.bytes("commit"), readCommit, writeCommit)
  for (const [type, name] of [
    "add_proposal",
    "update_proposal",
    "remove_proposal",
    "pre_shared_key_proposal",
    "re_init_proposal",
    "external_init_proposal",
    "group_context_extensions_proposal",
  ].entries()) {
    const typed = encode((w) => w.uint16(type + 1).fixed(fields.bytes(name)))
    roundTrip(typed, readProposal, writeProposal)
  }
}

export function messageProtection(crypto: CryptoProvider, fields: Fields): void {
  for (const kind of ["proposal", "commit", "application"] as const) {
    const raw = fields.bytes(kind)
    const content = value(
      decode(kind === "application" ? encode((w) => w.opaque(raw)) : raw, (r) => readContent(r, kind)),
    )
    const given = kind === "application" ? ["priv"] : ["priv", "pub"]
    for (const form of given)
      equal(unprotected(crypto, fields, fields.bytes(`${kind}_${form}`)), encodeContent(content))
    for (const form of given) {
      const own = protectedByUs(crypto, fields, content, form === "pub")
      equal(unprotected(crypto, fields, own), encodeContent(content))
    }
  }
}

export function welcome(crypto: CryptoProvider, fields: Fields): void {
  const keyPackage = value(decodeMlsMessage(fields.bytes("key_package")))
  const message = value(decodeMlsMessage(fields.bytes("welcome")))
  ok(keyPackage.kind === "key-package" && message.kind === "welcome")
  const { secrets, encryptedGroupInfo } = message.welcome
  const reference = keyPackageReference(crypto, keyPackage.keyPackage)
  const entry = secrets.find(({ newMember }) => equalBytes(newMember, reference))
  ok(entry)
  const opened = decryptWithLabel(
    crypto,
    fields.privateKey("init_priv", crypto.kem.seedLength),
    "Welcome",
    encryptedGroupInfo,
    entry.encryptedGroupSecrets,
  )
  ok(opened)
  const { joinerSecret } = value(decode(opened, readGroupSecrets))
  const psk = derivePskSecret(crypto, [])
  const { key, nonce } = welcomeKey(crypto, deriveWelcomeSecret(crypto, joinerSecret, psk))
  const info = crypto.aead.open(key, nonce, new Uint8Array(0), encryptedGroupInfo)
  ok(info)
  const groupInfo = value(decode(info, readGroupInfo))
  ok(groupInfoSignatureIsValid(crypto, fields.bytes("signer_pub"), groupInfo))
  const context = encodeGroupContext(groupInfo.groupContext)
  const { confirmation } = deriveEpochSecrets(crypto, joinerSecret, psk, context)
  equal(crypto.hmac(confirmation, groupInfo.groupContext.confirmedTranscriptHash), groupInfo.confirmationTag)
}

/** The content of a message by leaf 1, its signature and membership tag verified. */
function unprotected(crypto: CryptoProvider, fields: Fields, bytes: Bytes): Bytes {
  const message = value(decodeMlsMessage(bytes))
  const context = groupContext(crypto, fields)
  const publicKey = fields.bytes("signature_pub")
  if (message.kind === "public-message") {
    const { framed, auth } = message.message
    const tbs = framedContentTbs(WireFormat.publicMessage, framed, context)
    ok(membershipTagIsValid(crypto, fields.bytes("membership_key"), tbs, message.message))
    ok(framedSignatureIsValid(crypto, publicKey, tbs, auth.signature))
    return encodeContent(framed.content)
  }
  ok(message.kind === "private-message")
  const { framed, auth, leafIndex } = openPrivateMessage(crypto, keys(fields), message.message, () => undefined)
  equal(leafIndex, 1)
  const tbs = framedContentTbs(WireFormat.privateMessage, framed, context)
  ok(framedSignatureIsValid(crypto, publicKey, tbs, auth.signature))
  return encodeContent(framed.content)
}

function protectedByUs(
  crypto: CryptoProvider,
  fields: Fields,
  content: ReturnType<typeof readContent>,
  isPublic: boolean,
): Bytes {
  const mls: MlsContext = { crypto, random: seededRandom("message protection"), authenticate: () => undefined }
  const wireFormat = isPublic ? WireFormat.publicMessage : WireFormat.privateMessage
  const framed = {
    groupId: fields.bytes("group_id"),
    epoch: BigInt(fields.number("epoch")),
    sender: { kind: "member", leafIndex: 1 } as const,
    authenticatedData: new Uint8Array(0),
    content,
  }
  const tbs = framedContentTbs(wireFormat, framed, groupContext(crypto, fields))
  const signature = signFramedContent(crypto, fields.privateKey("signature_priv", crypto.signature.seedLength), tbs)
  const confirmationTag = content.kind === "commit" ? new Uint8Array(crypto.suite.hashLength) : undefined
  const signed = { wireFormat, framed, signature, tbs }
  return frameSignedContent(mls, { ...keys(fields), membershipKey: fields.bytes("membership_key") }, signed, {
    confirmationTag,
  }).message
}

function keys(fields: Fields) {
  return {
    secretTree: secretTree(fields.bytes("encryption_secret")),
    senderDataSecret: fields.bytes("sender_data_secret"),
    leafCount: 2,
  }
}

function groupContext(crypto: CryptoProvider, fields: Fields): Bytes {
  return encodeGroupContext({
    version: 1,
    ciphersuite: crypto.suite.id,
    groupId: fields.bytes("group_id"),
    epoch: BigInt(fields.number("epoch")),
    treeHash: fields.bytes("tree_hash"),
    confirmedTranscriptHash: fields.bytes("confirmed_transcript_hash"),
    extensions: [],
  })
}

function encodeContent(content: ReturnType<typeof readContent>): Bytes {
  return encode((w) => writeContent(w, content))
}

function roundTrip<T>(bytes: Bytes, read: (reader: Reader) => T, write: (writer: Writer, value: T) => void): void {
  const decoded = value(decode(bytes, read))
  equal(
    encode((w) => write(w, decoded)),
    bytes,
  )
}

function value<T>(decoded: Decoded<T>): T {
  if (decoded.kind !== "ok") throw new Error(decoded.why)
  return decoded.value
}
