import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"
import { MAX_EPOCH_BYTES, MAX_FRAME_BYTES, SIGNATURE_BYTES } from "../protocol.ts"
import { readHead, startsAs, writeHead } from "./head.ts"
import { Refusal } from "./refusals.ts"
import { readStatement, writeStatement, type EpochStatement } from "./sealed-epoch.ts"

/** What the AS asks the PVS to counter-sign: the statement, and the leaves that it is about. */
export interface EpochProposal {
  readonly statement: EpochStatement
  readonly authenticationSignature: Bytes
  /** A leaf list frame. */
  readonly leaves: Bytes
}

/** What the PVS says: its signature over the statement, or why not. */
export type EpochVerdict =
  | { readonly kind: "countersigned"; readonly signature: Bytes }
  | { readonly kind: "refused"; readonly reason: Refusal }

export function encodeEpochProposal(proposal: EpochProposal): Bytes {
  return encode((w) => {
    writeHead(w, "epoch proposal")
    writeStatement(w, proposal.statement).fixed(proposal.authenticationSignature).opaque(proposal.leaves)
  }, proposal.leaves.length + 512)
}

export function decodeEpochProposal(bytes: Uint8Array): Decoded<EpochProposal> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "epoch proposal")
      return { statement: readStatement(r), authenticationSignature: r.fixed(SIGNATURE_BYTES), leaves: r.opaque() }
    },
    MAX_EPOCH_BYTES,
  )
}

export function encodeEpochVerdict(verdict: EpochVerdict): Bytes {
  return verdict.kind === "countersigned"
    ? encode((w) => writeHead(w, "epoch countersignature").fixed(verdict.signature))
    : encode((w) => writeHead(w, "epoch refusal").uint16(Refusal.code(verdict.reason)))
}

export function decodeEpochVerdict(bytes: Uint8Array): Decoded<EpochVerdict> {
  return decode<EpochVerdict>(
    bytes,
    (r) => {
      if (startsAs(bytes, "epoch refusal")) {
        readHead(r, "epoch refusal")
        return { kind: "refused", reason: Refusal.fromCode(r.uint16()) ?? r.fail("an unknown refusal") }
      }
      readHead(r, "epoch countersignature")
      return { kind: "countersigned", signature: r.fixed(SIGNATURE_BYTES) }
    },
    MAX_FRAME_BYTES,
  )
}
