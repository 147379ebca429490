import { fromHex, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"
import { DIGEST_BYTES } from "../protocol.ts"
import { MAX_COMMAND_DATA, MAX_RESPONSE_DATA, type Command } from "./apdu.ts"
import { MAX_TAP_ANSWER_BYTES } from "./tap-answer.ts"

/** Proprietary and unregistered: "EAAS", 00 01. */
export const APPLICATION = fromHex("F0454141530001") ?? new Uint8Array()
export const TAP_VERSION = 1

/** Of every command but SELECT, which is ISO's own. */
export const TAP_CLASS = 0x80
export const INSTRUCTION = { select: 0xa4, getRequest: 0x10, putAnswer: 0x20, commit: 0x30, status: 0x40 } as const

/** GET REQUEST counts its offset in blocks, so that P1 and P2 suffice. In bytes. */
export const BLOCK_BYTES = 128
export const OFFSET_BYTES = 4
/** What one PUT ANSWER carries, beside its offset. */
export const PART_BYTES = MAX_COMMAND_DATA - OFFSET_BYTES

/** What SELECT tells the reader. */
export interface CardState {
  /** Whether the last request's answer is durable at the card's peer; there is no other request then. */
  readonly settled: boolean
  /** 0 where there is nothing to ask. */
  readonly requestLength: number
  /** How much of its answer the card holds: where PUT ANSWER goes on. */
  readonly received: number
  /** Of the request, so that a reader knows one that it has seen; zeros where there never was one. */
  readonly requestDigest: Bytes
}

const SETTLED = 0x02
const KNOWN_FLAGS = SETTLED

export function encodeCardState({ settled, requestLength, received, requestDigest }: CardState): Bytes {
  return encode((w) => {
    w.uint8(TAP_VERSION).uint8(settled ? SETTLED : 0)
    w.uint32(requestLength).uint32(received).fixed(requestDigest)
  })
}

export function decodeCardState(bytes: Uint8Array): Decoded<CardState> {
  return decode(bytes, (r) => {
    if (r.uint8() !== TAP_VERSION) r.fail("a card of an unknown version")
    const flags = r.uint8()
    if ((flags & ~KNOWN_FLAGS) !== 0) r.fail("unknown flags")
    const lengths = { requestLength: r.uint32(), received: r.uint32() }
    if (lengths.received > MAX_TAP_ANSWER_BYTES) r.fail("more received than an answer has")
    return { settled: (flags & SETTLED) !== 0, ...lengths, requestDigest: r.fixed(DIGEST_BYTES) }
  })
}

const NOTHING = new Uint8Array()

export const TapCommand = {
  select: (): Command => ({
    cla: 0,
    ins: INSTRUCTION.select,
    p1: 4,
    p2: 0,
    data: APPLICATION,
    le: MAX_RESPONSE_DATA,
  }),
  /** `offset` is a multiple of `BLOCK_BYTES`. */
  getRequest: (offset: number): Command =>
    ours(INSTRUCTION.getRequest, NOTHING, MAX_RESPONSE_DATA, offset / BLOCK_BYTES),
  putAnswer: (offset: number, part: Uint8Array): Command =>
    ours(
      INSTRUCTION.putAnswer,
      encode((w) => w.uint32(offset).fixed(part)),
      undefined,
    ),
  commit: (answerDigest: Uint8Array): Command => ours(INSTRUCTION.commit, answerDigest, DIGEST_BYTES),
  status: (): Command => ours(INSTRUCTION.status, NOTHING, OFFSET_BYTES),
}

function ours(ins: number, data: Uint8Array, le: number | undefined, parameter = 0): Command {
  return { cla: TAP_CLASS, ins, p1: parameter >> 8, p2: parameter & 0xff, data, le }
}
