import type { Bytes } from "@starling/kernel"
import type { CryptoProvider, GroupState, KeyPackage, MlsContext, Proposal } from "@starling/mls"
import {
  decodeMlsMessage,
  encodeMlsMessage,
  frameContent,
  frameFromOutside,
  signContent,
  signFramed,
  signKeyPackage,
  signLeafNode,
  WireFormat,
  type Commit,
  type LeafNodeContent,
} from "@starling/mls/rfc9420"

import type { Client } from "./world.ts"

/** A commit by this state's member that is signed and tagged, whatever stands in it; only its confirmation tag is wrong. */
export function forgeCommit(
  mls: MlsContext,
  state: GroupState,
  proposals: readonly Proposal[],
  path?: Commit["path"],
): Bytes {
  const commit = { proposals: proposals.map((proposal) => ({ kind: "proposal", proposal }) as const), path }
  return signedCommit(mls, state, commit)
}

/** The same public commit with other content, signed and tagged anew. */
export function alterCommit(
  mls: MlsContext,
  state: GroupState,
  bytes: Uint8Array,
  alter: (commit: Commit) => Commit,
): Bytes {
  const decoded = decodeMlsMessage(bytes)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") throw new TypeError("no public message")
  const { content } = decoded.value.message.framed
  if (content.kind !== "commit") throw new TypeError("no commit")
  return signedCommit(mls, state, alter(content.commit))
}

/** The same external commit with other content, signed anew by the key of whoever `signer` is; its confirmation tag is wrong. */
export function alterExternalCommit(
  mls: MlsContext,
  state: GroupState,
  bytes: Uint8Array,
  signer: Client,
  alter: (commit: Commit) => Commit,
): Bytes {
  const decoded = decodeMlsMessage(bytes)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") throw new TypeError("no public message")
  const { framed, auth } = decoded.value.message
  if (framed.content.kind !== "commit") throw new TypeError("no commit")
  const content = { kind: "commit", commit: alter(framed.content.commit) } as const
  const { privateKey } = signer.signatureKeys
  const signed = signFramed(mls, WireFormat.publicMessage, { ...framed, content }, state.contextBytes, privateKey)
  return frameFromOutside(signed, auth.confirmationTag)
}

/** A proposal by this state's member, for a commit to refer to. */
export function propose(mls: MlsContext, state: GroupState, proposal: Proposal): Bytes {
  const signed = signContent(mls, state, WireFormat.publicMessage, { kind: "proposal", proposal })
  return frameContent(mls, state, signed, {}).message
}

/** A leaf node like the client's own with something else in it, signed. */
export function forgeLeaf(
  crypto: CryptoProvider,
  client: Client,
  change: Partial<LeafNodeContent>,
  position?: { readonly groupId: Bytes; readonly leafIndex: number },
) {
  const { leafNode } = client.keyPackage.keyPackage
  return signLeafNode(crypto, client.signatureKeys.privateKey, { ...leafNode, ...change }, position)
}

/** A key package like the client's own with something else in its leaf or its init key, signed. */
export function forgeKeyPackage(
  crypto: CryptoProvider,
  client: Client,
  change: Partial<LeafNodeContent>,
  initKey: Bytes = client.keyPackage.keyPackage.initKey,
  position?: { readonly groupId: Bytes; readonly leafIndex: number },
): KeyPackage {
  const { extensions } = client.keyPackage.keyPackage
  const leafNode = forgeLeaf(crypto, client, change, position)
  return signKeyPackage(crypto, client.signatureKeys.privateKey, { initKey, leafNode, extensions })
}

/** The key package as it comes out of altered bytes, or of none that decode. */
export function alterKeyPackage(keyPackage: KeyPackage, at: number): KeyPackage {
  const message = encodeMlsMessage({ kind: "key-package", keyPackage })
  const decoded = decodeMlsMessage(message.with(at, (message[at] ?? 0) ^ 2))
  if (decoded.kind !== "ok" || decoded.value.kind !== "key-package") throw new TypeError("no key package any more")
  return decoded.value.keyPackage
}

function signedCommit(mls: MlsContext, state: GroupState, commit: Commit): Bytes {
  const signed = signContent(mls, state, WireFormat.publicMessage, { kind: "commit", commit })
  const confirmationTag = new Uint8Array(mls.crypto.suite.hashLength)
  return frameContent(mls, state, signed, { confirmationTag }).message
}
