import { utf8 } from "@starling/kernel"

import type { Turn } from "./turn.ts"

/** A number from 0 up to `below`: different on each device, and the same again for the same device and occasion. */
export function jitter(turn: Turn, occasion: string, below: number): number {
  const digest = turn.crypto.hash(utf8(`starling jitter 1 ${turn.own.device} ${occasion}`))
  return new DataView(digest.buffer).getUint32(0) % below
}
