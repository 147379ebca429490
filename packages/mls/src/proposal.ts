import { assertNever, type Bytes } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import { readExtensions, writeExtensions, type Extension } from "./extension.ts"
import { readKeyPackage, writeKeyPackage, type KeyPackage } from "./key-package.ts"
import { readLeafNode, writeLeafNode, type LeafNode } from "./leaf-node.ts"
import { readPreSharedKeyId, writePreSharedKeyId, type PreSharedKeyId } from "./pre-shared-key.ts"
import { refuse } from "./refusal.ts"

/** RFC 9420, 12.1. */
export type Proposal =
  | { readonly kind: "add"; readonly keyPackage: KeyPackage }
  | { readonly kind: "update"; readonly leafNode: LeafNode }
  | { readonly kind: "remove"; readonly leafIndex: number }
  | { readonly kind: "psk"; readonly id: PreSharedKeyId }
  | ReInit
  | { readonly kind: "external-init"; readonly kemOutput: Bytes }
  | { readonly kind: "group-context-extensions"; readonly extensions: readonly Extension[] }

export interface ReInit {
  readonly kind: "reinit"
  readonly groupId: Bytes
  readonly version: number
  readonly ciphersuite: number
  readonly extensions: readonly Extension[]
}

/** RFC 9420, 17.4. */
const TYPES = {
  add: 1,
  update: 2,
  remove: 3,
  psk: 4,
  reinit: 5,
  "external-init": 6,
  "group-context-extensions": 7,
} as const satisfies Record<Proposal["kind"], number>

export function writeProposal(writer: Writer, proposal: Proposal): void {
  writer.uint16(TYPES[proposal.kind])
  switch (proposal.kind) {
    case "add":
      writeKeyPackage(writer, proposal.keyPackage)
      return
    case "update":
      writeLeafNode(writer, proposal.leafNode)
      return
    case "remove":
      writer.uint32(proposal.leafIndex)
      return
    case "psk":
      writePreSharedKeyId(writer, proposal.id)
      return
    case "reinit":
      writer.opaque(proposal.groupId).uint16(proposal.version).uint16(proposal.ciphersuite)
      writeExtensions(writer, proposal.extensions)
      return
    case "external-init":
      writer.opaque(proposal.kemOutput)
      return
    case "group-context-extensions":
      writeExtensions(writer, proposal.extensions)
      return
    default:
      assertNever(proposal)
  }
}

/**
 * The body of a type that is not known has no length of its own, so nothing can be read past it: refused with a reason
 * that says so, wherever it stands.
 */
export function readProposal(reader: Reader): Proposal {
  const type = reader.uint16()
  switch (type) {
    case TYPES.add:
      return { kind: "add", keyPackage: readKeyPackage(reader) }
    case TYPES.update:
      return { kind: "update", leafNode: readLeafNode(reader) }
    case TYPES.remove:
      return { kind: "remove", leafIndex: reader.uint32() }
    case TYPES.psk:
      return { kind: "psk", id: readPreSharedKeyId(reader) }
    case TYPES.reinit:
      return {
        kind: "reinit",
        groupId: reader.opaque(),
        version: reader.uint16(),
        ciphersuite: reader.uint16(),
        extensions: readExtensions(reader),
      }
    case TYPES["external-init"]:
      return { kind: "external-init", kemOutput: reader.opaque() }
    case TYPES["group-context-extensions"]:
      return { kind: "group-context-extensions", extensions: readExtensions(reader) }
    default:
      return refuse("unknown-proposal-type", "12.1")
  }
}
