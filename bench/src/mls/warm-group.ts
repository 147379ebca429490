import { utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider, GroupState, KeyPair, RandomSource, SignatureKeyPair } from "@starling/mls"
import {
  deriveEpochSecrets,
  encodeParentNode,
  parentHash,
  signLeafNode,
  startEpoch,
  Branch,
  LeafSlot,
  treeHash,
  treeOf,
  type LeafNode,
  type ParentNode,
  type Subtree,
} from "@starling/mls/rfc9420"

/**
 * A group of `size` members whose every parent node is filled where a path can fill it, as after a time of use, without
 * the commits that lead there: each parent was last set from its left child. Knows everybody's private keys.
 */
export interface WarmGroup {
  readonly size: number
  /** What the member at this leaf holds. */
  readonly state: (leafIndex: number) => GroupState
}

const GROUP_ID = utf8("a warm group")
const LIFETIME = { notBefore: 0n, notAfter: 2n ** 62n }

export function warmGroup(
  crypto: CryptoProvider,
  random: RandomSource,
  size: number,
  nameOf: (leafIndex: number) => Bytes = (leafIndex) => utf8(`member ${leafIndex}`),
): WarmGroup {
  const nodes: (LeafNode | ParentNode | undefined)[] = []
  const privateKeys = new Map<number, Bytes>()
  const signatureKeys: SignatureKeyPair[] = []
  let width = 1
  while (width < size) width *= 2

  function keyPair(index: number): KeyPair {
    const keys = crypto.kem.deriveKeyPair(random.draw(crypto.kem.seedLength, "a key of the warm tree"))
    privateKeys.set(index, keys.privateKey)
    return keys
  }

  function leaf(leafIndex: number, hash: Bytes): LeafNode {
    const keys = crypto.signature.deriveKeyPair(random.draw(crypto.signature.seedLength, "a signature key"))
    signatureKeys[leafIndex] = keys
    return signLeafNode(
      crypto,
      keys.privateKey,
      {
        encryptionKey: keyPair(2 * leafIndex).publicKey,
        signatureKey: keys.publicKey,
        credential: { kind: "basic", identity: nameOf(leafIndex) },
        capabilities: {
          versions: [1],
          ciphersuites: [crypto.suite.id],
          extensions: [],
          proposals: [],
          credentials: [1, 2],
        },
        source: size === 1 ? { kind: "key-package", lifetime: LIFETIME } : { kind: "commit", parentHash: hash },
        extensions: [],
      },
      { groupId: GROUP_ID, leafIndex },
    )
  }

  /** Fills the subtree of `leaves` leaves from `first` on, whose root carries `hash`. */
  function fill(first: number, leaves: number, hash: Bytes): Subtree {
    if (leaves === 1) {
      const node = first < size ? leaf(first, hash) : undefined
      nodes[2 * first] = node
      return new LeafSlot(2 * first, node?.encoded)
    }
    const half = leaves / 2
    const index = 2 * first + leaves - 1
    const right = fill(first + half, half, random.draw(crypto.suite.hashLength, "a parent hash gone stale"))
    const node =
      right.members === 0
        ? undefined
        : { encryptionKey: keyPair(index).publicKey, parentHash: hash, unmergedLeaves: [] }
    nodes[index] = node
    const left = fill(first, half, node === undefined ? hash : parentHash(crypto, node, right))
    return new Branch(index, node && encodeParentNode(node), left, right)
  }

  fill(0, width, new Uint8Array(0))
  const tree = treeOf(nodes)
  const context = {
    version: 1,
    ciphersuite: crypto.suite.id,
    groupId: GROUP_ID,
    epoch: 7n,
    treeHash: treeHash(crypto, tree.root),
    confirmedTranscriptHash: random.draw(crypto.suite.hashLength, "a transcript hash"),
    extensions: [],
  }
  const zeros = new Uint8Array(crypto.suite.hashLength)
  const secrets = deriveEpochSecrets(crypto, random.draw(crypto.suite.hashLength, "a joiner secret"), zeros, zeros)
  const confirmationTag = crypto.hmac(secrets.confirmation, context.confirmedTranscriptHash)

  return {
    size,
    state(leafIndex) {
      const own = signatureKeys[leafIndex]
      if (own === undefined) throw new RangeError(`a group of ${size} has no leaf ${leafIndex}`)
      const held = new Map<number, Bytes>()
      for (const [index, key] of privateKeys) {
        if (covers(index, 2 * leafIndex)) held.set(index, key)
      }
      return startEpoch(crypto, {
        context,
        tree,
        secrets,
        confirmationTag,
        ownLeafIndex: leafIndex,
        privateKeys: held,
        signatureKeys: own,
        reinit: undefined,
      })
    },
  }
}

function covers(ancestor: number, node: number): boolean {
  const level = 31 - Math.clz32((~ancestor & (ancestor + 1)) >>> 0)
  return Math.abs(ancestor - node) < 2 ** level
}
