import type { Reader, Writer } from "@starling/wire"

import { readSender, writeSender } from "./framing.ts"
import type { EpochKeys, GroupState, PendingProposal, RetainedState } from "./group-state.ts"
import { readProposal, writeProposal } from "./proposal.ts"
import { readTreeNodes } from "./ratchet-tree-bytes.ts"
import { treeOfEncoded, type RatchetTree } from "./ratchet-tree.ts"
import { orRefused } from "./refusal.ts"

export function readTree(reader: Reader): RatchetTree {
  const nodes = readTreeNodes(reader)
  const tree = orRefused(() => treeOfEncoded(nodes))
  return "kind" in tree ? reader.fail("a ratchet tree that is none") : tree
}

export function writeKeys(writer: Writer, keys: EpochKeys): void {
  writer.opaque(keys.senderData).opaque(keys.exporter).opaque(keys.external).opaque(keys.membership)
  writer.opaque(keys.resumption).opaque(keys.init)
}

export function writeRetainedKeys(writer: Writer, keys: RetainedState["keys"]): void {
  writer.opaque(keys.membership).opaque(keys.init)
}

export function readRetainedKeys(reader: Reader): RetainedState["keys"] {
  return { membership: reader.opaque(), init: reader.opaque() }
}

export function readKeys(reader: Reader): EpochKeys {
  return {
    senderData: reader.opaque(),
    exporter: reader.opaque(),
    external: reader.opaque(),
    membership: reader.opaque(),
    resumption: reader.opaque(),
    init: reader.opaque(),
  }
}

export function writePending(writer: Writer, pending: PendingProposal): void {
  writeSender(writer.opaque(pending.reference), pending.sender)
  writeProposal(writer, pending.proposal)
  writer.optional(pending.ownKeys, (w, { encryptionPrivateKey, signatureKeys }) => {
    w.opaque(encryptionPrivateKey).opaque(signatureKeys.publicKey).opaque(signatureKeys.privateKey)
  })
}

export function readPending(reader: Reader): PendingProposal {
  return {
    reference: reader.opaque(),
    sender: readSender(reader),
    proposal: readProposal(reader),
    ownKeys: reader.optional((r) => ({
      encryptionPrivateKey: r.opaque(),
      signatureKeys: { publicKey: r.opaque(), privateKey: r.opaque() },
    })),
  }
}

export function readReinit(reader: Reader): GroupState["reinit"] {
  const proposal = reader.optional(readProposal)
  return proposal === undefined || proposal.kind === "reinit" ? proposal : reader.fail("a state after no ReInit")
}
