import { toHex, type Bytes, type Decoded, type Milliseconds } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { MAX_CITED, MAX_COMMIT } from "../limits.ts"
import { bytesOf, type StateId } from "./operation.ts"
import { readSeq, type RecordHash } from "./record.ts"

/** Body of a record of kind COMMIT. */
export interface CommitRecord {
  readonly parent: StateId
  readonly sid: StateId
  /** The parent's interim transcript hash (RFC 9420, 8.2): with the commit's content it makes `sid`. */
  readonly before: Bytes
  readonly epoch: number
  /** As the author's clock had it: for display, never for a decision. */
  readonly at: Milliseconds
  /** The operations that the commit realises. */
  readonly ops: readonly RecordHash[]
  /** MLSMessage(PublicMessage). */
  readonly mls: Bytes
}

const AUTHENTICATED_VERSION = 1

export function encodeCommitRecord(commit: CommitRecord): Bytes {
  return encode((writer) => {
    writer
      .fixed(bytesOf(commit.parent))
      .fixed(bytesOf(commit.sid))
      .fixed(commit.before)
      .uint64(BigInt(commit.epoch))
      .uint64(BigInt(commit.at))
    writeHashes(writer, commit.ops)
    writer.opaque(commit.mls)
  })
}

export function decodeCommitRecord(body: Uint8Array): Decoded<CommitRecord> {
  return decode(body, (reader) => ({
    parent: toHex(reader.fixed(32)),
    sid: toHex(reader.fixed(32)),
    before: reader.fixed(32),
    epoch: readSeq(reader),
    at: readTime(reader),
    ops: readHashes(reader),
    mls: reader.opaque(MAX_COMMIT),
  }))
}

/** `authenticated_data` of the commit: binds the record's parent and citations to the MLS signature. */
export function commitAuthenticatedData(parent: StateId, ops: readonly RecordHash[]): Bytes {
  return encode((writer) => {
    writer.uint16(AUTHENTICATED_VERSION).fixed(bytesOf(parent))
    writeHashes(writer, ops)
  })
}

function writeHashes(writer: Writer, hashes: readonly RecordHash[]): void {
  writer.vector(hashes, (w, hash) => w.fixed(bytesOf(hash)))
}

function readHashes(reader: Reader): RecordHash[] {
  return reader.vector((r) => toHex(r.fixed(32)), MAX_CITED)
}
