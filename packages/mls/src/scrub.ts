import type { RetainedState } from "./group-state.ts"

/**
 * What is left of a state once no message of its epoch is sent or read any more: enough to process commits on it that
 * come late (`receiveCommitLate`), in public and by members. The keys of its messages, its exported secrets, its
 * resumption PSK and the secret that lets others join are not in it.
 */
export function scrub(state: RetainedState): RetainedState {
  return {
    version: state.version,
    ciphersuite: state.ciphersuite,
    groupId: state.groupId,
    epoch: state.epoch,
    treeHash: state.treeHash,
    confirmedTranscriptHash: state.confirmedTranscriptHash,
    extensions: state.extensions,
    ownLeafIndex: state.ownLeafIndex,
    epochAuthenticator: state.epochAuthenticator,
    signatureKeys: state.signatureKeys,
    contextBytes: state.contextBytes,
    tree: state.tree,
    interimTranscriptHash: state.interimTranscriptHash,
    confirmationTag: state.confirmationTag,
    keys: { init: state.keys.init.slice(), membership: state.keys.membership.slice() },
    privateKeys: state.privateKeys,
    proposals: state.proposals,
    reinit: state.reinit,
  }
}
