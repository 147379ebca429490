import { fromHex, toHex, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import type { Block } from "./block.ts"
import { CELL, CELLS } from "./pool-layout.ts"
import { MAX_BLOCKS, MAX_DELIVERIES, type Cell, type PoolState } from "./pool-state.ts"
import type { Delivery } from "./provenance.ts"
import { TAG } from "./seal.ts"

const MAX_TEXT = 96
const ID = 8
const PATHS = ["loopback tap", "nfc tap"] as const

/**
 *     struct { opaque id[16]; uint64 opening; opaque link[32]; uint64 first_cell; uint64 first_offset;
 *              Cell cells<V>; Block blocks<V>; Delivery deliveries<V> } PoolState
 */
export function encodePoolState(state: PoolState): Bytes {
  return encode((writer) => {
    writer.fixed(state.id)
    writeCount(writer, state.opening)
    writer.fixed(state.link)
    writeCount(writer, state.firstCell)
    writeCount(writer, state.firstOffset)
    writer.vector(state.cells, writeCell)
    writer.vector(state.blocks, writeBlock)
    writer.vector(state.deliveries, writeDelivery)
  }, 4096)
}

export function decodePoolState(bytes: Uint8Array): Decoded<PoolState> {
  return decode(bytes, (reader) => ({
    id: reader.fixed(16),
    opening: readCount(reader),
    link: reader.fixed(32),
    firstCell: readCount(reader),
    firstOffset: readCount(reader),
    cells: reader.vector(readCell, CELLS),
    blocks: reader.vector(readBlock, MAX_BLOCKS),
    deliveries: reader.vector(readDelivery, MAX_DELIVERIES),
  }))
}

/** The delivery as the table keeps it: whole numbers, and texts that fit. Throws `RangeError` on what does not. */
export function storableDelivery(delivery: Delivery): Delivery {
  const storable = {
    ...delivery,
    proofMilliseconds: Math.round(delivery.proofMilliseconds),
    receivedAt: Math.round(delivery.receivedAt),
  }
  const decoded = decode(
    encode((writer) => writeDelivery(writer, storable)),
    readDelivery,
  )
  if (decoded.kind === "malformed") throw new RangeError(`no delivery: ${decoded.why}`)
  return decoded.value
}

function writeCell(writer: Writer, cell: Cell): void {
  writeId(writer, cell.delivery)
  writer.uint16(cell.length).fixed(cell.tag)
}

function readCell(reader: Reader): Cell {
  const cell = { delivery: readId(reader), length: reader.uint16(), tag: reader.fixed(TAG) }
  if (cell.length === 0 || cell.length > CELL) reader.fail(`a cell of ${cell.length} bytes`)
  return cell
}

function writeBlock(writer: Writer, block: Block): void {
  writeCount(writer, block.number)
  writeCount(writer, block.offset)
  writer.vector(block.parts, (inner, part) => {
    writeId(inner, part.delivery)
    inner.uint16(part.length)
  })
}

function readBlock(reader: Reader): Block {
  return {
    number: readCount(reader),
    offset: readCount(reader),
    parts: reader.vector((inner) => ({ delivery: readId(inner), length: inner.uint16() })),
  }
}

function writeDelivery(writer: Writer, delivery: Delivery): void {
  writeId(writer, delivery.id)
  writer.text(delivery.source)
  writer.uint8(delivery.simulated ? 1 : 0)
  writer.uint8(PATHS.indexOf(delivery.path))
  writer.text(delivery.localProvider)
  writeCount(writer, delivery.epoch)
  writer.uint32(delivery.anonymitySet).uint32(delivery.proofMilliseconds).uint32(delivery.bytes)
  writeCount(writer, delivery.receivedAt)
}

function readDelivery(reader: Reader): Delivery {
  return {
    id: readId(reader),
    source: reader.text(MAX_TEXT),
    simulated: readFlag(reader),
    path: PATHS[reader.uint8()] ?? reader.fail("an unknown path"),
    localProvider: reader.text(MAX_TEXT),
    epoch: readCount(reader),
    anonymitySet: reader.uint32(),
    proofMilliseconds: reader.uint32(),
    bytes: reader.uint32(),
    receivedAt: readCount(reader),
  }
}

function readFlag(reader: Reader): boolean {
  const flag = reader.uint8()
  return flag > 1 ? reader.fail("a flag that is neither set nor clear") : flag === 1
}

function writeId(writer: Writer, id: string): void {
  const bytes = fromHex(id)
  if (bytes?.length !== ID) throw new RangeError(`a delivery's id has 16 hexadecimal digits, got ${id}`)
  writer.fixed(bytes)
}

function readId(reader: Reader): string {
  return toHex(reader.fixed(ID))
}

function writeCount(writer: Writer, count: number): void {
  if (!Number.isSafeInteger(count)) throw new RangeError(`${count} is no count`)
  writer.uint64(BigInt(count))
}

function readCount(reader: Reader): number {
  const count = Number(reader.uint64())
  return Number.isSafeInteger(count) ? count : reader.fail(`${count} is no count`)
}
