import { utf8 } from "@starling/kernel"

import type { Turn } from "./turn.ts"

/** A number from 0 up to `below`: different on each device, and the same again for the same device and occasion. */
export function jitter({ crypto, own }: Pick<Turn, "crypto" | "own">, occasion: string, below: number): number {
  const digest = crypto.hash(utf8(`starling jitter 1 ${own.device} ${occasion}`))
  return new DataView(digest.buffer).getUint32(0) % below
}
