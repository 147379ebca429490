import { assertNever } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import type { Ratchet, SecretTree } from "./secret-tree.ts"

const KINDS = { secret: 0, split: 1, leaf: 2 } as const

export function writeSecretTree(writer: Writer, tree: SecretTree): void {
  writer.uint8(KINDS[tree.kind])
  switch (tree.kind) {
    case "secret":
      writer.opaque(tree.secret)
      return
    case "split":
      writeSecretTree(writer, tree.left)
      writeSecretTree(writer, tree.right)
      return
    case "leaf":
      writeRatchet(writer, tree.handshake)
      writeRatchet(writer, tree.application)
      return
    default:
      assertNever(tree)
  }
}

/** `leafCount` bounds the depth. */
export function readSecretTree(reader: Reader, leafCount: number): SecretTree {
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

function writeRatchet(writer: Writer, ratchet: Ratchet): void {
  writer.opaque(ratchet.secret).uint32(ratchet.generation)
  writer.vector(ratchet.skipped, (w, [generation, { key, nonce }]) => w.uint32(generation).opaque(key).opaque(nonce))
}

function readRatchet(reader: Reader): Ratchet {
  return {
    secret: reader.opaque(),
    generation: reader.uint32(),
    skipped: new Map(reader.vector((r) => [r.uint32(), { key: r.opaque(), nonce: r.opaque() }] as const)),
  }
}
