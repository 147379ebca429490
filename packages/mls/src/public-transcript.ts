import { ok, type Bytes, type Decoded } from "@starling/kernel"

import type { CryptoProvider } from "./crypto-provider.ts"
import { WireFormat } from "./framing.ts"
import { decodePublicCommit } from "./public-commit.ts"
import { confirmedTranscriptHash, interimTranscriptHash } from "./transcript.ts"

/**
 * What a commit follows: an epoch whose interim transcript hash is known (`GroupState.interimTranscriptHash`), or the
 * epoch that `commit`, an MLSMessage, began with this confirmed transcript hash.
 */
export type TranscriptBefore =
  | { readonly kind: "interim"; readonly hash: Uint8Array }
  | { readonly kind: "commit"; readonly confirmedTranscriptHash: Uint8Array; readonly commit: Uint8Array }

/**
 * RFC 9420, 8.2: the confirmed transcript hash of the epoch that `commit` begins, an MLSMessage with a member's
 * PublicMessage, as anybody can compute it. It verifies nothing: it is the hash that every member has who accepts
 * `commit` on an epoch with the transcript `before`.
 */
export function confirmedTranscriptHashAfter(
  crypto: CryptoProvider,
  before: TranscriptBefore,
  commit: Uint8Array,
): Decoded<Bytes> {
  const interim = interimHash(crypto, before)
  if (interim.kind === "malformed") return interim
  const decoded = decodePublicCommit(commit)
  if (decoded.kind === "malformed") return decoded
  const { framed, signature } = decoded.value
  return ok(confirmedTranscriptHash(crypto, interim.value, WireFormat.publicMessage, framed, signature))
}

/**
 * RFC 9420, 8.2: the interim transcript hash of the epoch that `commit` began with this confirmed transcript hash. Of the commit it
 * depends on the confirmation tag alone, which no confirmed transcript hash covers before that of the next epoch.
 */
export function interimTranscriptHashAfter(
  crypto: CryptoProvider,
  confirmed: Uint8Array,
  commit: Uint8Array,
): Decoded<Bytes> {
  const decoded = decodePublicCommit(commit)
  if (decoded.kind === "malformed") return decoded
  return ok(interimTranscriptHash(crypto, confirmed, decoded.value.confirmationTag))
}

function interimHash(crypto: CryptoProvider, before: TranscriptBefore): Decoded<Uint8Array> {
  if (before.kind === "interim") return ok(before.hash)
  return interimTranscriptHashAfter(crypto, before.confirmedTranscriptHash, before.commit)
}
