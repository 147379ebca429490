import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import { encodeGroupContext, readGroupContext, writeGroupContext } from "./group-context.ts"
import type { GroupState, RetainedState } from "./group-state.ts"
import { changedProposals, proposalsOfParts } from "./proposal-parts.ts"
import { writeProposal } from "./proposal.ts"
import { writeRatchetTree } from "./ratchet-tree-bytes.ts"
import { leafCount } from "./ratchet-tree.ts"
import { orRefused } from "./refusal.ts"
import { changedSecrets, secretTreeOfParts, type StoredSecrets } from "./secret-tree-parts.ts"
import { readKeys, readReinit, readRetainedKeys, readTree, writeKeys, writeRetainedKeys } from "./state-fields.ts"

/** A part of a stored state by its name; `undefined` where the part is there no more, and is to be erased. */
export interface StatePart {
  readonly name: string
  readonly value: Bytes | undefined
}

/** Of the part `epoch`; grows with each change to what follows it, or to another part. Older ones stay readable. */
const VERSION = 2

/**
 * What a store must change for the parts of `before` (none of them where it is left out) to be those of `after`: for a
 * message sent or received a ratchet, for the first one of a sender also the secrets beside its path in the secret tree,
 * for a proposal itself and how many are pending. Every secret of the epoch is among the parts, so they are to be
 * encrypted by whoever stores them; a part that was replaced or is there no more has to be unreadable from then on, or
 * used keys are not gone.
 */
export function changedParts(before: StoredState | undefined, after: StoredState): readonly StatePart[] {
  const parts: StatePart[] = []
  if (before === undefined || EPOCH.some((field) => before[field] !== after[field])) {
    parts.push({ name: "epoch", value: encode((w) => writeEpoch(w, after), 1024) })
  }
  if (before?.tree !== after.tree) {
    parts.push({ name: "tree", value: encode((w) => writeRatchetTree(w, after.tree), 4096) })
  }
  const proposals = changedProposals(before?.proposals, after.proposals)
  return parts.concat(proposals, changedSecrets(secretsOf(before), secretsOf(after)))
}

/** The names of all parts of a state, for whoever erases them. */
export function partNames(state: StoredState): readonly string[] {
  const others = [...changedProposals(state.proposals, undefined), ...changedSecrets(secretsOf(state), undefined)]
  return ["epoch", "tree", ...others.map(({ name }) => name)]
}

/** Whole, or after `scrub`. */
export type StoredState = GroupState | RetainedState

/** The state of all its parts by name. A state of a newer version is refused whole. */
export function stateOfParts(parts: ReadonlyMap<string, Bytes>): Decoded<StoredState> {
  const read = orRefused(() => readParts(parts))
  return read.kind === "refused" ? malformed(read.reason) : read
}

function readParts(parts: ReadonlyMap<string, Bytes>): Decoded<StoredState> {
  const [epoch, nodes] = [parts.get("epoch"), parts.get("tree")]
  if (epoch === undefined || nodes === undefined) return malformed("a state that lacks a part")
  const head = decode(epoch, readEpoch)
  if (head.kind === "malformed") return head
  const tree = decode(nodes, readTree)
  if (tree.kind === "malformed") return tree
  const pending = proposalsOfParts(parts)
  if (pending.kind === "malformed") return pending
  const { keys, ...rest } = head.value
  const retained = { ...rest, tree: tree.value, proposals: pending.value }
  if (!("exporter" in keys)) return ok({ ...retained, keys })
  const secrets = secretTreeOfParts(parts, leafCount(tree.value))
  return secrets.kind === "malformed" ? secrets : ok({ ...retained, keys, secretTree: secrets.value })
}

/** Whether a state still has the keys of its messages. */
export function isWhole(state: StoredState): state is GroupState {
  return "secretTree" in state
}

function secretsOf(state: StoredState | undefined): StoredSecrets | undefined {
  return state && isWhole(state) ? { tree: state.secretTree, leafCount: leafCount(state.tree) } : undefined
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
] as const satisfies readonly (keyof RetainedState)[]

function writeEpoch(writer: Writer, state: StoredState): void {
  writeGroupContext(writer.uint16(VERSION), state)
  writer.uint32(state.ownLeafIndex).opaque(state.signatureKeys.publicKey).opaque(state.signatureKeys.privateKey)
  writer.opaque(state.interimTranscriptHash).opaque(state.confirmationTag).opaque(state.epochAuthenticator)
  if (isWhole(state)) writeKeys(writer.uint8(1), state.keys)
  else writeRetainedKeys(writer.uint8(0), state.keys)
  writer.vector(state.privateKeys, (w, [index, key]) => w.uint32(index).opaque(key))
  writer.optional(state.reinit, writeProposal)
}

type Epoch = Omit<RetainedState, "tree" | "proposals" | "keys"> & {
  readonly keys: GroupState["keys"] | RetainedState["keys"]
}

function readEpoch(reader: Reader): Epoch {
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
    keys: reader.uint8() === 1 ? readKeys(reader) : readRetainedKeys(reader),
    privateKeys: new Map(reader.vector((r) => [r.uint32(), r.opaque()] as const)),
    reinit: readReinit(reader),
  }
}
