import { z } from "zod"

import type { Inspector } from "./inspector.ts"

const SAMPLING_US = 200
const Profiled = z.object({
  profile: z.object({
    nodes: z.array(
      z.object({
        id: z.number(),
        callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
        children: z.array(z.number()).default([]),
      }),
    ),
    samples: z.array(z.number()),
    timeDeltas: z.array(z.number()),
  }),
})

/** Where the main thread of a process was, sample by sample. */
export interface CpuProfile {
  /** Frames `name file:line`, the innermost first, and the microseconds in them. */
  readonly stacks: readonly { readonly frames: readonly string[]; readonly us: number }[]
}

/** Profiles another process while `work` goes on. A sample that comes late is taken for one: the thread had to wait for a processor. */
export async function profileDuring(
  processes: readonly Inspector[],
  work: () => Promise<void>,
): Promise<readonly CpuProfile[]> {
  for (const each of processes) {
    await each.post("Profiler.enable", z.unknown())
    await each.post("Profiler.setSamplingInterval", z.unknown(), { interval: SAMPLING_US })
    await each.post("Profiler.start", z.unknown())
  }
  await work()
  const profiles: CpuProfile[] = []
  for (const each of processes) profiles.push(stacksOf((await each.post("Profiler.stop", Profiled)).profile))
  return profiles
}

/** The functions with the most time of their own: microseconds in each, by itself and with what it calls. */
export function hottest({ stacks }: CpuProfile, most: number): readonly [name: string, self: number, total: number][] {
  const self = new Map<string, number>()
  const total = new Map<string, number>()
  for (const { frames, us } of stacks) {
    const [innermost = ""] = frames
    self.set(innermost, (self.get(innermost) ?? 0) + us)
    for (const frame of new Set(frames)) total.set(frame, (total.get(frame) ?? 0) + us)
  }
  return [...self]
    .filter(([name]) => !name.startsWith("(idle)"))
    .sort(([, one], [, other]) => other - one)
    .slice(0, most)
    .map(([name, us]) => [name, us, total.get(name) ?? us])
}

function stacksOf({ nodes, samples, timeDeltas }: z.infer<typeof Profiled>["profile"]): CpuProfile {
  const callers = new Map(nodes.flatMap(({ id, children }) => children.map((child) => [child, id] as const)))
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const spent = new Map<number, number>()
  for (const [i, sample] of samples.entries())
    spent.set(sample, (spent.get(sample) ?? 0) + Math.min(timeDeltas[i] ?? 0, 2 * SAMPLING_US))
  const stacks = Array.from(spent, ([id, us]) => {
    const frames: string[] = []
    for (let at: number | undefined = id; at !== undefined; at = callers.get(at)) frames.push(names.get(at) ?? "")
    return { frames, us }
  })
  return { stacks }
}

function nameOf(frame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }): string {
  const place = frame.url === "" ? "native" : frame.url.replace(/.*\/(?:packages|apps|node_modules)\//, "")
  return `${frame.functionName === "" ? "(anonymous)" : frame.functionName} ${place}:${frame.lineNumber + 1}`
}
