import type { Bytes, Decoded, Milliseconds } from "@starling/kernel"
import type { FieldElement } from "@starling/proof"
import { decode, encode, type Reader, type Writer } from "@starling/wire"
import { DIGEST_BYTES, MAX_FRAME_BYTES, NONCE_BYTES, SERVICE_ID_BYTES, SIGNATURE_BYTES } from "../protocol.ts"
import { readField, writeField } from "./field.ts"
import { readHead, writeHead } from "./head.ts"

/** What AS and PVS both sign: one tree for everybody. */
export interface EpochStatement {
  readonly service: Bytes
  /** Counts from 1. */
  readonly epoch: number
  /** Counts from 0; a later one replaces the earlier ones of the same epoch at once. */
  readonly revision: number
  readonly opensAt: Milliseconds
  readonly closesAt: Milliseconds
  /** Random: what proofs for this seal are bound to. */
  readonly nonce: Bytes
  readonly root: FieldElement
  /** Number of leaves, which is the anonymity set. */
  readonly size: number
  /** Digest of the leaf list. */
  readonly leaves: Bytes
  /** Of the circuit and its keys. */
  readonly circuit: Bytes
}

export interface SealedEpoch extends EpochStatement {
  readonly authenticationSignature: Bytes
  readonly validationSignature: Bytes
}

/** The bytes that are signed. */
export function encodeEpochStatement(statement: EpochStatement): Bytes {
  return encode((w) => writeStatement(w, statement))
}

export function encodeSealedEpoch(sealed: SealedEpoch): Bytes {
  return encode((w) => writeSealedEpoch(w, sealed))
}

export function decodeSealedEpoch(bytes: Uint8Array): Decoded<SealedEpoch> {
  return decode(bytes, readSealedEpoch, MAX_FRAME_BYTES)
}

export function writeSealedEpoch(writer: Writer, sealed: SealedEpoch): void {
  writeStatement(writer, sealed).fixed(sealed.authenticationSignature).fixed(sealed.validationSignature)
}

export function readSealedEpoch(reader: Reader): SealedEpoch {
  return {
    ...readStatement(reader),
    authenticationSignature: reader.fixed(SIGNATURE_BYTES),
    validationSignature: reader.fixed(SIGNATURE_BYTES),
  }
}

export function writeStatement(writer: Writer, statement: EpochStatement): Writer {
  writeHead(writer, "sealed epoch").fixed(statement.service).uint32(statement.epoch).uint16(statement.revision)
  writer.uint64(BigInt(statement.opensAt)).uint64(BigInt(statement.closesAt)).fixed(statement.nonce)
  return writeField(writer, statement.root).uint32(statement.size).fixed(statement.leaves).fixed(statement.circuit)
}

export function readStatement(reader: Reader): EpochStatement {
  readHead(reader, "sealed epoch")
  return {
    service: reader.fixed(SERVICE_ID_BYTES),
    epoch: reader.uint32(),
    revision: reader.uint16(),
    opensAt: readTime(reader),
    closesAt: readTime(reader),
    nonce: reader.fixed(NONCE_BYTES),
    root: readField(reader),
    size: reader.uint32(),
    leaves: reader.fixed(DIGEST_BYTES),
    circuit: reader.fixed(DIGEST_BYTES),
  }
}

function readTime(reader: Reader): Milliseconds {
  const value = reader.uint64()
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : reader.fail("a time beyond all calendars")
}
