import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"

import { QuantumSource, type EntropySource } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { openDevice, requireAssessed } from "./open-device.ts"
import type { SourceSettings } from "./settings.ts"

const CHUNK = 64 * 1024

export interface Sampling {
  readonly source: SourceSettings
  readonly bytes: number
  readonly stage: Stage
}

/** `raw`: as the device gave them, without a test. `extracted`: behind tests and extractor. `output`: as for a key. */
export type Stage = "raw" | "extracted" | "output"

/** Writes samples for outside referees, and tells what they are. Throws `SourceFailed`. */
export async function sample(
  { source: settings, bytes, stage }: Sampling,
  out: Writable,
  tell: (line: string) => void,
): Promise<void> {
  const { device, ownTests } = openDevice(settings)
  if (stage === "raw") {
    await using source = device
    tell(`${describe(device)}; raw samples, neither tested nor extracted`)
    return await pour(source, bytes, out)
  }
  requireAssessed(settings)
  await using source = new QuantumSource({ device, ownTests, os: osEntropy })
  for (const line of explain(source, bytes)) tell(line)
  if (stage === "extracted") return await pour(source.extracted, bytes, out)
  tell("RBG3(XOR) with HMAC_DRBG-SHA-256, seeded by the operating system")
  await pour(source, bytes, out)
}

function describe({ id, simulated }: EntropySource): string {
  return `${id}${simulated ? " (simulated: the randomness is this computer's)" : ""}`
}

function explain(source: QuantumSource, bytes: number): readonly string[] {
  const { entropyPerSample, cutoffs, extraction } = source
  const blocks = Math.ceil(bytes / extraction.bytesOut)
  return [
    `${describe(source)}, credited with ${entropyPerSample} bits of min-entropy a byte`,
    `SP 800-90B cut-offs: repetition count ${cutoffs.repetitionCount}, adaptive proportion ${cutoffs.adaptiveProportion} of 512`,
    `Toeplitz extractor: ${extraction.bytesIn} bytes (${extraction.minEntropy.toFixed(1)} bits of min-entropy) to ${extraction.bytesOut}, ` +
      `epsilon 2^${extraction.log2Epsilon.toFixed(1)} a block, 2^${(extraction.log2Epsilon + Math.log2(Math.max(1, blocks))).toFixed(1)} for all ${blocks}`,
  ]
}

async function pour(source: EntropySource, bytes: number, out: Writable): Promise<void> {
  await pipeline(Readable.from(chunks(source, bytes)), out, { end: false })
}

async function* chunks(source: EntropySource, bytes: number): AsyncGenerator<Uint8Array> {
  const patience = new AbortController().signal
  for (let at = 0; at < bytes; at += CHUNK) yield await source.read(Math.min(CHUNK, bytes - at), patience)
}
