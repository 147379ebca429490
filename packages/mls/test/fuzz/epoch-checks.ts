import { equalBytes, toHex, utf8, type Bytes } from "@starling/kernel"
import { decodeState, encodeState, exportSecret, members, type GroupState, type MlsContext } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

import { Disagreement, require } from "./disagreement.ts"
import { agreement, type Participant } from "./participant.ts"
import { digest } from "./recorded-crypto.ts"
import { ReferenceTree } from "./reference-tree.ts"

const nodeKem = nodeCrypto(1).kem
const PROBE = new Uint8Array(nodeKem.seedLength).fill(7)
const MOST_PAIRS = 20_000
/** Earlier epochs whose secrets a stored state must not hold. */
const ERASED = 10

/** What must hold of every epoch and of what its members keep. */
export class EpochChecks {
  readonly #mls: MlsContext
  /** Digests of secrets of all epochs: none occurs twice. */
  secrets = new Set<number>()
  /** Private keys that were tried with their public ones. */
  readonly #pairs = new Set<string>()

  constructor(mls: MlsContext) {
    this.#mls = mls
  }

  /** All of `present` agree with `one` of them, and the tree is what RFC 9420 makes of it. */
  agreed(one: Participant, present: readonly Participant[]): void {
    const { state } = one
    const secret = this.#exported(state)
    for (const someone of present) {
      require(agreement(someone.state) === agreement(state), `${someone.name} and ${one.name} are not in one epoch`)
      require(this.#exported(someone.state) === secret, "two members export different secrets")
    }
    const reference = new ReferenceTree(this.#mls.crypto, state.tree)
    require(equalBytes(reference.treeHash(), state.treeHash), "the tree hash is not that of the tree")
    const fault = reference.fault()
    require(fault === undefined, fault ?? "")
    for (const someone of present) this.#privateKeys(someone, reference)
  }

  /** The roster is the people who should be there, each at their own leaf. */
  roster(state: GroupState, people: readonly Participant[]): void {
    const leaves = members(state).map(({ leafIndex, signatureKey }) => `${leafIndex} ${toHex(signatureKey)}`)
    const there = new Set(leaves)
    const expected = people.map((someone) => `${someone.state.ownLeafIndex}`)
    require(leaves.length === expected.length, "the roster is not who is there")
    for (const someone of people) {
      if (someone.state.epoch !== state.epoch) continue
      const own = `${someone.state.ownLeafIndex} ${toHex(someone.state.signatureKeys.publicKey)}`
      require(there.has(own), `${someone.name} is not at their leaf`)
    }
  }

  /** No secret of a new epoch was another's before. */
  fresh({ keys }: GroupState): void {
    for (const secret of Object.values(keys)) {
      const known = digest(this.#mls.crypto, secret)
      require(!this.secrets.has(known), "a secret of an epoch was another's before")
      this.secrets.add(known)
    }
  }

  /** Nothing that should be gone is in the stored state. */
  erased({ name, state, store }: Participant): void {
    const bytes = toHex(encodeState(state))
    const current = new Set(Array.from(state.privateKeys.values(), toHex))
    for (const { epoch, keys, privateKeys, secretTree } of store.epochs.slice(-ERASED)) {
      const used = secretTree.kind === "secret" && state.secretTree.kind !== "secret" ? [secretTree.secret] : []
      const replaced = [...privateKeys.values()].filter((key) => !current.has(toHex(key)))
      const ended: readonly Bytes[] = epoch === state.epoch ? [] : [...Object.values(keys), ...replaced]
      const gone = [...used, ...ended].every((secret) => !bytes.includes(toHex(secret)))
      require(gone, `${name} keeps a secret of epoch ${epoch} that should be gone in epoch ${state.epoch}`)
    }
  }

  #exported(state: GroupState): string {
    return toHex(exportSecret(this.#mls, state, `epoch ${state.epoch}`, utf8("context"), 16))
  }

  #privateKeys({ name, state }: Participant, reference: ReferenceTree): void {
    const expected = reference.keysOf(state.ownLeafIndex)
    for (const [index, publicKey] of expected) {
      const privateKey = state.privateKeys.get(index)
      require(privateKey !== undefined, `${name} lacks the private key of node ${index}`)
      const pair = `${toHex(privateKey)} ${toHex(publicKey)}`
      if (this.#pairs.has(pair)) continue
      const sealed = nodeKem.encapsulate(publicKey, PROBE)
      const opened = sealed && nodeKem.decapsulate(privateKey, sealed.kemOutput)
      const match = sealed !== undefined && opened !== undefined && equalBytes(opened, sealed.sharedSecret)
      require(match, `${name}'s private key of node ${index} is not that of its public key`)
      this.#pairs.add(pair)
    }
    const surplus = state.privateKeys.size - expected.size
    require(surplus === 0, `${name} keeps private keys of nodes that are blank or not theirs`)
    if (this.#pairs.size > MOST_PAIRS) this.#pairs.clear()
  }
}

/** Stored and read again. */
export function restored(state: GroupState): GroupState {
  const bytes = encodeState(state)
  const decoded = decodeState(bytes)
  if (decoded.kind !== "ok") throw new Disagreement(`a stored state does not decode: ${decoded.why}`)
  require(equalBytes(encodeState(decoded.value), bytes), "a stored state is another when stored again")
  return decoded.value
}
