import type { Stream } from "@libp2p/interface"

import { concat, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

const PREFIX = 4

/** Why no frame came. */
export type FrameFault = "oversized" | "truncated" | "trailing"

/** What a direct stream carries in each direction: `uint32 length`, then as many bytes, then the end. */
export type FrameRead =
  | { readonly kind: "frame"; readonly payload: Bytes }
  | { readonly kind: "malformed"; readonly why: FrameFault }

/** Writes the one frame and ends the writing side. Rejects when the stream breaks or `signal` aborts before all is handed over. */
export async function writeFrame(stream: Stream, payload: Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  stream.send(encode((writer) => writer.uint32(payload.length).fixed(payload), PREFIX + payload.length))
  await stream.close({ signal })
}

/**
 * Reads the one frame, of at most `max` bytes. What the length claims is not allocated before it has arrived.
 * Rejects when the stream breaks; the caller aborts the stream when its patience ends.
 */
export async function readFrame(stream: Stream, max: number): Promise<FrameRead> {
  const chunks: Uint8Array[] = []
  let received = 0
  let expected: number | undefined
  for await (const chunk of stream) {
    chunks.push(chunk.subarray())
    received += chunk.byteLength
    if (expected === undefined && received >= PREFIX) {
      const length = prefixOf(concat(...chunks))
      if (length > max) return { kind: "malformed", why: "oversized" }
      expected = PREFIX + length
    }
    if (expected !== undefined && received >= expected) break
  }
  if (expected === undefined || received < expected) return { kind: "malformed", why: "truncated" }
  if (received > expected) return { kind: "malformed", why: "trailing" }
  return { kind: "frame", payload: concat(...chunks).slice(PREFIX) }
}

function prefixOf(bytes: Bytes): number {
  return new DataView(bytes.buffer).getUint32(0)
}
