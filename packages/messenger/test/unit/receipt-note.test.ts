import { expect, test } from "vitest"

import { decodeReceiptNote, signReceiptNote, type ReceiptNote } from "@starling/messenger/parts"

import { crypto } from "../support/crypto.ts"
import { counting, device, deviceKeys } from "../support/frames.ts"

const id = "ab".repeat(16)
const note: ReceiptNote = {
  version: 2,
  group: counting(1, 16),
  device: device.device,
  at: 1_800_000_000_000,
  held: new Map([[device.device, [{ from: 1, to: 3 }]]]),
  seen: new Map(),
  shown: [id],
}

function readBack(written: ReceiptNote): ReceiptNote | undefined {
  const decoded = decodeReceiptNote(crypto, signReceiptNote(crypto, deviceKeys.privateKey, written))
  return decoded.kind === "ok" ? decoded.value : undefined
}

test("a note of the version before is read, and names nothing", () => {
  expect(readBack({ ...note, version: 1 })).toEqual({ ...note, version: 1, shown: [] })
  expect(readBack(note)).toEqual(note)
})

test("of more ranges than fit a note tells the newest", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ from: 3 * i + 1, to: 3 * i + 1 }))
  const vector = new Map([[device.device, many]])
  const read = readBack({ ...note, held: vector, seen: vector })
  expect(read?.held.get(device.device)).toEqual(many.slice(-64))
  expect(read?.seen.get(device.device)).toEqual(many.slice(-64))
})

test("a signature of one version is none of the other", () => {
  const bytes = signReceiptNote(crypto, deviceKeys.privateKey, { ...note, shown: [] })
  const former = signReceiptNote(crypto, deviceKeys.privateKey, { ...note, version: 1 })
  const mixed = new Uint8Array([...former.subarray(0, -64), ...bytes.subarray(-64)])
  expect(decodeReceiptNote(crypto, mixed).kind).toBe("malformed")
})
