import { malformed, type Decoded } from "@starling/kernel"
import { decode, type Reader } from "@starling/wire"

import { encodeGroupContext, readGroupContext } from "./group-context.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import { readSender } from "./framing.ts"
import type { GroupState, PendingProposal } from "./group-state.ts"
import { readProposal } from "./proposal.ts"
import { leafCount } from "./ratchet-tree.ts"
import { orRefused } from "./refusal.ts"
import type { Ratchet, SecretTree } from "./secret-tree.ts"
import { readKeys, readReinit, readTree } from "./state-fields.ts"

/** Reads a whole state as version 1 wrote it: in one piece, with the secret tree as a tree. */
export function decodeFirstState(bytes: Uint8Array): Decoded<GroupState> {
  const read = orRefused(() => decode(bytes, readFirstState))
  return read.kind === "refused" ? malformed(read.reason) : read
}

function readFirstState(r: Reader): GroupState {
  r.uint16()
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
    proposals: r.vector((each) => readFirstPending(each, signatureKeys)),
    reinit: readReinit(r),
  }
}

/** No Update of one's own changed the signature key then. */
function readFirstPending(reader: Reader, signatureKeys: SignatureKeyPair): PendingProposal {
  return {
    reference: reader.opaque(),
    sender: readSender(reader),
    proposal: readProposal(reader),
    ownKeys: reader.optional((r) => ({ encryptionPrivateKey: r.opaque(), signatureKeys })),
  }
}

const KINDS = { secret: 0, split: 1, leaf: 2 } as const

/** `leafCount` bounds the depth. */
function readSecretTree(reader: Reader, leafCount: number): SecretTree {
  const kind = reader.uint8()
  if (kind === KINDS.secret) return { kind: "secret", secret: reader.opaque() }
  if (kind === KINDS.split && leafCount > 1) {
    return {
      kind: "split",
      left: readSecretTree(reader, leafCount / 2),
      right: readSecretTree(reader, leafCount / 2),
    }
  }
  if (kind === KINDS.leaf && leafCount === 1) {
    return { kind: "leaf", handshake: readRatchet(reader), application: readRatchet(reader) }
  }
  return reader.fail(`a node of kind ${kind} in a secret tree`)
}

function readRatchet(reader: Reader): Ratchet {
  return {
    secret: reader.opaque(),
    generation: reader.uint32(),
    skipped: new Map(reader.vector((r) => [r.uint32(), { key: r.opaque(), nonce: r.opaque() }] as const)),
  }
}
