import type { Profiler } from "node:inspector"
import { Session } from "node:inspector/promises"

/** A function by its name and place, and the microseconds in it: by itself, and with what it calls. */
export interface HotFunction {
  readonly name: string
  readonly selfUs: number
  readonly totalUs: number
}

const SAMPLING_US = 200
/** Its own start and stop are no part of the work. */
const PROFILER = "node:inspector"

/**
 * Where `work` spends its time, the function with the most time of its own first. Native code shows under wrong names. A
 * sample that comes late is taken for one: the thread had to wait for a processor.
 */
export async function hotFunctions(work: () => void): Promise<readonly HotFunction[]> {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_US })
  await session.post("Profiler.start")
  work()
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  return byFunction(profile)
}

function byFunction({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly HotFunction[] {
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const self = new Map<string, number>()
  const total = new Map<string, number>()
  for (const [i, sample] of samples.entries()) {
    if (names.get(sample)?.includes(PROFILER) === true) continue
    const us = Math.min(timeDeltas[i] ?? 0, 2 * SAMPLING_US)
    add(self, names.get(sample), us)
    const stack = new Set<string | undefined>()
    for (let at: number | undefined = sample; at !== undefined; at = callers.get(at)) stack.add(names.get(at))
    for (const name of stack) add(total, name, us)
  }
  return Array.from(total, ([name, totalUs]) => ({ name, totalUs, selfUs: self.get(name) ?? 0 })).toSorted(
    (a, b) => b.selfUs - a.selfUs,
  )
}

function nameOf({ functionName, url, lineNumber }: Profiler.ProfileNode["callFrame"]): string {
  const place = url === "" ? "native" : `${url.replace(/.*\/(?:packages|node_modules)\//, "")}:${lineNumber + 1}`
  return `${functionName === "" ? "(anonymous)" : functionName} ${place}`
}

function add(sums: Map<string, number>, name: string | undefined, us: number): void {
  if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + us)
}
