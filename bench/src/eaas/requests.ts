import { decodeKeyResponse } from "@starling/eaas/frames"
import { Prover } from "@starling/proof/node"
import { medianOf, quantileOf, type FigureModule } from "./figure.ts"
import type { LoadedPlatform, MadeRequest } from "./loaded-platform.ts"

/** Requests that are under way at a time. */
const AT_A_TIME = 16

/** Key requests against a real platform over HTTP: how many a core serves, and what a user waits for after the proof. */
export const requests: FigureModule = {
  name: "requests",
  async *measure(bench) {
    const platform = await bench.platform()
    yield { figure: "enrolled users", value: platform.members, unit: "users" }
    await using prover = await Prover.open()
    const made: MadeRequest[] = []
    for (let i = 0; i < bench.requests; i++) made.push(await platform.makeRequest(prover))
    const proofs = made.slice(1).map(({ proofMilliseconds }) => proofMilliseconds)
    yield { figure: "client's proof, median", value: medianOf(proofs), unit: "ms" }

    const warmUp = made.splice(0, Math.min(8, made.length >> 1))
    await sendAll(platform, warmUp)
    const cpu = platform.cpuSeconds()
    const begin = performance.now()
    const latencies = await sendAll(platform, made)
    const seconds = (performance.now() - begin) / 1000
    yield { figure: "key requests", value: made.length / seconds, unit: "keys/s" }
    yield {
      figure: "key requests per core",
      value: made.length / (platform.cpuSeconds() - cpu),
      unit: "keys/s per core",
    }
    for (const share of [0.5, 0.95, 0.99]) {
      const figure = `latency without the proof, p${share * 100}, ${AT_A_TIME} at a time`
      yield { figure, value: quantileOf(latencies, share), unit: "ms" }
    }
  },
}

/** Milliseconds that each took; throws where one brought no key. */
async function sendAll(platform: LoadedPlatform, made: readonly MadeRequest[]): Promise<readonly number[]> {
  const waiting = [...made]
  const latencies: number[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const begin = performance.now()
      const answer = await platform.taps[0]?.transceive(next.frame, AbortSignal.timeout(120_000))
      const response = decodeKeyResponse(answer ?? new Uint8Array())
      if (response.kind !== "ok" || response.value.kind !== "answered") throw new Error("a request brought no key")
      latencies.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  return latencies
}
