import { expect, test } from "vitest"

import { fromHex } from "@starling/kernel"
import { decodeRecord, judgeRecord, signRecord } from "@starling/messenger/parts"

import { counting, deviceKeys, EXAMPLES } from "../support/frames.ts"
import { crypto } from "../support/crypto.ts"

const [OPERATION, COMMIT, UNKNOWN] = [1, 2, 9] as const

const decoded = decodeRecord(crypto, EXAMPLES.find(({ name }) => name === "record")!.bytes)
if (decoded.kind !== "ok") throw new Error("the example of a record is one")
const example = decoded.value

/** A log of so many records of a kind; only its last one is looked at closely. */
function logOf(kind: number, length: number): (typeof example)[] {
  return Array.from({ length }, (_, i) => ({ ...example, kind, seq: i + 1 }))
}

test.for([
  { name: "an operation", length: 4095, held: OPERATION, kind: OPERATION, body: 40, verdict: "next" },
  { name: "one operation too many", length: 4096, held: OPERATION, kind: OPERATION, body: 40, verdict: "full" },
  { name: "a large operation", length: 0, held: OPERATION, kind: OPERATION, body: 4097, verdict: "full" },
  { name: "a commit after the last operation", length: 4096, held: OPERATION, kind: COMMIT, body: 40, verdict: "next" },
  { name: "an operation after many commits", length: 9000, held: COMMIT, kind: OPERATION, body: 40, verdict: "next" },
  { name: "a record of unknown kind", length: 4095, held: UNKNOWN, kind: UNKNOWN, body: 4096, verdict: "next" },
  { name: "one of unknown kind too many", length: 4096, held: UNKNOWN, kind: UNKNOWN, body: 40, verdict: "full" },
  { name: "a large one of unknown kind", length: 0, held: UNKNOWN, kind: UNKNOWN, body: 4097, verdict: "full" },
] as const)(
  "where a log ends follows from the log alone: $name is $verdict",
  ({ length, held, kind, body, verdict }) => {
    const log = logOf(held, length)
    const next = signRecord(crypto, deviceKeys.privateKey, {
      group: example.group,
      device: deviceKeys.publicKey,
      seq: length + 1,
      prev: length === 0 ? new Uint8Array(32) : fromHex(example.hash)!,
      kind,
      body: counting(0, body),
    })
    expect(judgeRecord(crypto, new Map([[example.author, log]]), next)).toBe(verdict)
  },
)
