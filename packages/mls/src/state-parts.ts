import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import { encodeGroupContext, readGroupContext, writeGroupContext } from "./group-context.ts"
import type { GroupState } from "./group-state.ts"
import { writeProposal } from "./proposal.ts"
import { writeRatchetTree } from "./ratchet-tree-bytes.ts"
import { leafCount } from "./ratchet-tree.ts"
import { changedSecrets, secretTreeOfParts, type StoredSecrets } from "./secret-tree-parts.ts"
import { readKeys, readPending, readReinit, readTree, writeKeys, writePending } from "./state-fields.ts"

/** A part of a stored state by its name; `undefined` where the part is there no more, and is to be erased. */
export interface StatePart {
  readonly name: string
  readonly value: Bytes | undefined
}

/** Of the part `epoch`; grows with each change to what follows it, or to another part. Older ones stay readable. */
const VERSION = 2

/**
 * What a store must change for the parts of `before` (none of them where it is left out) to be those of `after`: for a
 * message sent or received a ratchet, for the first one of a sender also the secrets beside its path in the secret tree.
 * Every secret of the epoch is among the parts, so they are to be encrypted by whoever stores them; a part that was
 * replaced or is there no more has to be unreadable from then on, or used keys are not gone.
 */
export function changedParts(before: GroupState | undefined, after: GroupState): readonly StatePart[] {
  const parts: StatePart[] = []
  if (before === undefined || EPOCH.some((field) => before[field] !== after[field])) {
    parts.push({ name: "epoch", value: encode((w) => writeEpoch(w, after), 1024) })
  }
  if (before?.tree !== after.tree)
    parts.push({ name: "tree", value: encode((w) => writeRatchetTree(w, after.tree), 4096) })
  if (before?.proposals !== after.proposals) {
    parts.push({ name: "proposals", value: encode((w) => w.vector(after.proposals, writePending)) })
  }
  parts.push(...changedSecrets(before && secretsOf(before), secretsOf(after)))
  return parts
}

/** The state of all its parts by name. A state of a newer version is refused whole. */
export function stateOfParts(parts: ReadonlyMap<string, Bytes>): Decoded<GroupState> {
  const [epoch, nodes, proposals] = ["epoch", "tree", "proposals"].map((name) => parts.get(name))
  if (epoch === undefined || nodes === undefined || proposals === undefined)
    return malformed("a state without its parts")
  const head = decode(epoch, readEpoch)
  if (head.kind === "malformed") return head
  const tree = decode(nodes, readTree)
  if (tree.kind === "malformed") return tree
  const pending = decode(proposals, (r) => r.vector(readPending))
  if (pending.kind === "malformed") return pending
  const secrets = secretTreeOfParts(parts, leafCount(tree.value))
  if (secrets.kind === "malformed") return secrets
  return ok({ ...head.value, tree: tree.value, secretTree: secrets.value, proposals: pending.value })
}

function secretsOf({ tree, secretTree }: GroupState): StoredSecrets {
  return { tree: secretTree, leafCount: leafCount(tree) }
}

/** The fields in `epoch`. */
const EPOCH = [
  "contextBytes",
  "ownLeafIndex",
  "signatureKeys",
  "interimTranscriptHash",
  "confirmationTag",
  "epochAuthenticator",
  "keys",
  "privateKeys",
  "reinit",
] as const satisfies readonly (keyof GroupState)[]

function writeEpoch(writer: Writer, state: GroupState): void {
  writeGroupContext(writer.uint16(VERSION), state)
  writer.uint32(state.ownLeafIndex).opaque(state.signatureKeys.publicKey).opaque(state.signatureKeys.privateKey)
  writer.opaque(state.interimTranscriptHash).opaque(state.confirmationTag).opaque(state.epochAuthenticator)
  writeKeys(writer, state.keys)
  writer.vector(state.privateKeys, (w, [index, key]) => w.uint32(index).opaque(key))
  writer.optional(state.reinit, writeProposal)
}

function readEpoch(reader: Reader): Omit<GroupState, "tree" | "proposals" | "secretTree"> {
  const version = reader.uint16()
  if (version !== VERSION) reader.fail(`a state of version ${version}, where ${VERSION} is known`)
  const context = readGroupContext(reader)
  return {
    ...context,
    contextBytes: encodeGroupContext(context),
    ownLeafIndex: reader.uint32(),
    signatureKeys: { publicKey: reader.opaque(), privateKey: reader.opaque() },
    interimTranscriptHash: reader.opaque(),
    confirmationTag: reader.opaque(),
    epochAuthenticator: reader.opaque(),
    keys: readKeys(reader),
    privateKeys: new Map(reader.vector((r) => [r.uint32(), r.opaque()] as const)),
    reinit: readReinit(reader),
  }
}
