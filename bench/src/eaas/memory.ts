import { Unreachable } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { Prover } from "@starling/proof/node"
import { medianOf, type FigureModule } from "./figure.ts"
import type { LoadedPlatform } from "./loaded-platform.ts"

const AT_A_TIME = 16
const SAMPLE_MS = 1_000
const NULLIFIER_FROM_END = 32 + 1216 + 256

/** What the server holds while it is asked without a pause: retries of one request, and bad proofs for ever new nullifiers. */
export const memory: FigureModule = {
  name: "memory",
  async *measure(bench) {
    const platform = await bench.platform()
    await using prover = await Prover.open()
    const { frame } = await platform.makeRequest(prover)
    const end = performance.now() + bench.minutes * 60_000
    const samples: number[] = []
    const timer = setInterval(() => samples.push(platform.residentMegabytes()), SAMPLE_MS)
    let answered = 0
    const lane = async (i: number): Promise<void> => {
      while (performance.now() < end) {
        await ask(platform, i % 2 === 0 ? frame : withBadProof(frame))
        answered++
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, async (_, i) => await lane(i)))
    clearInterval(timer)
    const fifth = Math.max(1, Math.floor(samples.length / 5))
    yield { figure: "requests answered under load", value: answered, unit: "requests" }
    yield { figure: "memory under load, peak", value: Math.max(...samples), unit: "MB" }
    yield {
      figure: "memory at the end of the load, over that of its first fifth",
      value: medianOf(samples.slice(-fifth)) - medianOf(samples.slice(0, fifth)),
      unit: "MB",
    }
  },
}

/** A refusal is an answer, and so is none by a server that has too much to do. */
async function ask(platform: LoadedPlatform, frame: Bytes): Promise<void> {
  try {
    await platform.taps[0]?.transceive(frame, AbortSignal.timeout(120_000))
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
  }
}

/** The points of the proof are sound, so that it has to be verified to the end. */
function withBadProof(frame: Bytes): Bytes {
  const bad = frame.slice()
  const nullifier = osEntropy(32)
  nullifier[0] = 0
  bad.set(nullifier, bad.length - NULLIFIER_FROM_END)
  return bad
}
