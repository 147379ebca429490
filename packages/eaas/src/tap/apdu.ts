import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"

/** A command APDU of ISO/IEC 7816-4, short form. */
export interface Command {
  readonly cla: number
  readonly ins: number
  readonly p1: number
  readonly p2: number
  readonly data: Uint8Array
  /** How many bytes of answer are asked for, 1 to 256; `undefined` for none. */
  readonly le: number | undefined
}

export const MAX_COMMAND_DATA = 255
export const MAX_RESPONSE_DATA = 256
const HEADER_BYTES = 4
/** Header, Lc, data and Le. */
const MAX_COMMAND_BYTES = HEADER_BYTES + 1 + MAX_COMMAND_DATA + 1

export function encodeCommand({ cla, ins, p1, p2, data, le }: Command): Bytes {
  if (data.length > MAX_COMMAND_DATA) throw new RangeError(`a short command holds 255 bytes, got ${data.length}`)
  if (le !== undefined && (le < 1 || le > MAX_RESPONSE_DATA))
    throw new RangeError(`a short command can't ask for ${le}`)
  const lengthOfData = data.length === 0 ? [] : [data.length]
  return Uint8Array.of(cla, ins, p1, p2, ...lengthOfData, ...data, ...(le === undefined ? [] : [le & 0xff]))
}

/** All four cases of the short form. What is longer, or of the extended form, is malformed. */
export function decodeCommand(bytes: Uint8Array): Decoded<Command> {
  if (bytes.length < HEADER_BYTES) return malformed("a command without a header")
  if (bytes.length > MAX_COMMAND_BYTES) return malformed("a command of the extended form")
  const [cla = 0, ins = 0, p1 = 0, p2 = 0, length = 0] = bytes
  const header = { cla, ins, p1, p2 }
  const body = bytes.length - HEADER_BYTES
  if (body === 0) return ok({ ...header, data: new Uint8Array(), le: undefined })
  if (body === 1) return ok({ ...header, data: new Uint8Array(), le: askedFor(length) })
  if (length === 0) return malformed("a command of the extended form")
  const end = HEADER_BYTES + 1 + length
  if (bytes.length !== end && bytes.length !== end + 1) return malformed("a command whose length is another")
  const data = bytes.slice(HEADER_BYTES + 1, end)
  return ok({ ...header, data, le: bytes.length === end ? undefined : askedFor(bytes[end] ?? 0) })
}

/** A response APDU: data, and the status word behind it. */
export interface Response {
  readonly data: Bytes
  readonly status: number
}

export function encodeResponse(status: number, data: Uint8Array = new Uint8Array()): Bytes {
  const response = new Uint8Array(data.length + 2)
  response.set(data)
  response.set([status >> 8, status & 0xff], data.length)
  return response
}

export function decodeResponse(bytes: Uint8Array): Decoded<Response> {
  if (bytes.length < 2 || bytes.length > MAX_RESPONSE_DATA + 2) return malformed(`a response of ${bytes.length} bytes`)
  const data = new Uint8Array(bytes.subarray(0, -2))
  return ok({ data, status: ((bytes.at(-2) ?? 0) << 8) | (bytes.at(-1) ?? 0) })
}

function askedFor(le: number): number {
  return le === 0 ? MAX_RESPONSE_DATA : le
}
