import { malformed, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import type { SignatureKeyPair } from "./crypto-provider.ts"
import { readSender, writeSender } from "./framing.ts"
import { encodeGroupContext, readGroupContext, writeGroupContext } from "./group-context.ts"
import type { EpochKeys, GroupState, PendingProposal } from "./group-state.ts"
import { readProposal, writeProposal } from "./proposal.ts"
import { readTreeNodes, writeRatchetTree } from "./ratchet-tree-bytes.ts"
import { leafCount, treeOf, type RatchetTree } from "./ratchet-tree.ts"
import { orRefused } from "./refusal.ts"
import { readSecretTree, writeSecretTree } from "./secret-tree-bytes.ts"

/** Grows with each change to what follows it; older ones stay readable. */
const VERSION = 2

/** The whole state for storage: every secret of the epoch included, so to be encrypted by whoever stores it. */
export function encodeState(state: GroupState): Bytes {
  return encode((w) => {
    writeGroupContext(w.uint16(VERSION), state)
    w.uint32(state.ownLeafIndex).opaque(state.signatureKeys.publicKey).opaque(state.signatureKeys.privateKey)
    writeRatchetTree(w, state.tree)
    w.opaque(state.interimTranscriptHash).opaque(state.confirmationTag).opaque(state.epochAuthenticator)
    writeKeys(w, state.keys)
    writeSecretTree(w, state.secretTree)
    w.vector(state.privateKeys, (each, [index, key]) => each.uint32(index).opaque(key))
    w.vector(state.proposals, writePending)
    w.optional(state.reinit, writeProposal)
  }, 8192)
}

/** Reads what `encodeState` wrote; a state of a newer version is refused whole. */
export function decodeState(bytes: Uint8Array): Decoded<GroupState> {
  const read = orRefused(() => decode(bytes, readState))
  return read.kind === "refused" ? malformed(read.reason) : read
}

function readState(r: Reader): GroupState {
  const version = r.uint16()
  if (version < 1 || version > VERSION) r.fail(`a state of version ${version}, where ${VERSION} is known`)
  const context = readGroupContext(r)
  const ownLeafIndex = r.uint32()
  const signatureKeys = { publicKey: r.opaque(), privateKey: r.opaque() }
  const tree = readTree(r)
  return {
    ...context,
    contextBytes: encodeGroupContext(context),
    ownLeafIndex,
    signatureKeys,
    tree,
    interimTranscriptHash: r.opaque(),
    confirmationTag: r.opaque(),
    epochAuthenticator: r.opaque(),
    keys: readKeys(r),
    secretTree: readSecretTree(r, leafCount(tree)),
    privateKeys: new Map(r.vector((each) => [each.uint32(), each.opaque()] as const)),
    proposals: r.vector((each) => readPending(each, version, signatureKeys)),
    reinit: readReinit(r),
  }
}

function readTree(reader: Reader): RatchetTree {
  const nodes = readTreeNodes(reader)
  const tree = orRefused(() => treeOf(nodes))
  return "kind" in tree ? reader.fail("a ratchet tree that is none") : tree
}

function writeKeys(writer: Writer, keys: EpochKeys): void {
  writer.opaque(keys.senderData).opaque(keys.exporter).opaque(keys.external).opaque(keys.membership)
  writer.opaque(keys.resumption).opaque(keys.init)
}

function readKeys(reader: Reader): EpochKeys {
  return {
    senderData: reader.opaque(),
    exporter: reader.opaque(),
    external: reader.opaque(),
    membership: reader.opaque(),
    resumption: reader.opaque(),
    init: reader.opaque(),
  }
}

function writePending(writer: Writer, pending: PendingProposal): void {
  writeSender(writer.opaque(pending.reference), pending.sender)
  writeProposal(writer, pending.proposal)
  writer.optional(pending.ownKeys, (w, { encryptionPrivateKey, signatureKeys }) => {
    w.opaque(encryptionPrivateKey).opaque(signatureKeys.publicKey).opaque(signatureKeys.privateKey)
  })
}

/** Version 1 knew no Update that renews the signature key. */
function readPending(reader: Reader, version: number, signatureKeys: SignatureKeyPair): PendingProposal {
  return {
    reference: reader.opaque(),
    sender: readSender(reader),
    proposal: readProposal(reader),
    ownKeys: reader.optional((r) => ({
      encryptionPrivateKey: r.opaque(),
      signatureKeys: version === 1 ? signatureKeys : { publicKey: r.opaque(), privateKey: r.opaque() },
    })),
  }
}

function readReinit(reader: Reader): GroupState["reinit"] {
  const proposal = reader.optional(readProposal)
  return proposal === undefined || proposal.kind === "reinit" ? proposal : reader.fail("a state after no ReInit")
}
