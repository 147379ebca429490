import { equalBytes, type Milliseconds } from "@starling/kernel"
import { MerkleTree, type FieldElement } from "@starling/proof"
import { circuitBytes, digest } from "../binding.ts"
import { decodeLeafList } from "../frames/leaf-list.ts"
import { decodeSealedEpoch, encodeEpochStatement, type SealedEpoch } from "../frames/sealed-epoch.ts"
import { isSignedBy } from "../signing.ts"
import type { SeenEpoch } from "./client-state.ts"
import { EntropyClientError } from "./entropy-client-error.ts"
import type { Platform } from "./platform.ts"

/** How far the platform's clock may be off ours. */
const CLOCK_TOLERANCE = 5 * 60_000

/** Reads what the AS shows as its newest epoch; throws `EntropyClientError` where the platform has not signed it. */
export function readEpoch(frame: Uint8Array, platform: Platform): SealedEpoch {
  const decoded = decodeSealedEpoch(frame)
  if (decoded.kind === "malformed") throw new EntropyClientError("bad-signature", { cause: decoded.why })
  const sealed = decoded.value
  const signed = encodeEpochStatement(sealed)
  const genuine =
    equalBytes(sealed.service, platform.service) &&
    isSignedBy(platform.authentication.publicKey, signed, sealed.authenticationSignature) &&
    isSignedBy(platform.validation.publicKey, signed, sealed.validationSignature)
  if (!genuine) throw new EntropyClientError("bad-signature")
  return sealed
}

/** Throws `EntropyClientError` where a signed epoch can't be the one that is open. */
export function requireOpen(sealed: SealedEpoch, seen: SeenEpoch | undefined, now: Milliseconds): void {
  if (contradicts(sealed, seen)) throw new EntropyClientError("two-roots")
  if (!equalBytes(sealed.circuit, circuitBytes())) throw new EntropyClientError("other-circuit")
  if (now < sealed.opensAt - CLOCK_TOLERANCE) throw new EntropyClientError("clock")
  if (now >= sealed.closesAt)
    throw new EntropyClientError(now < sealed.closesAt + CLOCK_TOLERANCE ? "epoch-not-open" : "clock")
}

/** Builds the tree from the whole list, so that nobody learns whose path was asked for. */
export function checkLeaves(
  frame: Uint8Array,
  sealed: SealedEpoch,
): { tree: MerkleTree; leaves: readonly FieldElement[] } {
  const decoded = decodeLeafList(frame)
  if (decoded.kind === "malformed" || !equalBytes(digest(frame), sealed.leaves))
    throw new EntropyClientError("wrong-root")
  const tree = MerkleTree.of(decoded.value)
  if (tree.root !== sealed.root || tree.size !== sealed.size) throw new EntropyClientError("wrong-root")
  return { tree, leaves: decoded.value }
}

export function seenOf(sealed: SealedEpoch): SeenEpoch {
  return { epoch: sealed.epoch, revision: sealed.revision, statement: digest(encodeEpochStatement(sealed)) }
}

function contradicts(sealed: SealedEpoch, seen: SeenEpoch | undefined): boolean {
  if (seen === undefined) return false
  if (sealed.epoch !== seen.epoch) return sealed.epoch < seen.epoch
  if (sealed.revision !== seen.revision) return sealed.revision < seen.revision
  return !equalBytes(seenOf(sealed).statement, seen.statement)
}
