import type { Usage } from "./host-messages.ts"
import { machineTime } from "./machine.ts"
import type { Population } from "./population.ts"

/** What the instances took in a stretch of time, each on average. */
export interface Load {
  readonly seconds: number
  /** CPU time of one instance for each second, in milliseconds. */
  readonly cpuMsPerSecond: number
  /** Resident memory at its end, in megabytes: a share of its process. */
  readonly memoryMb: number
  /** Bytes over TCP between peers. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Share of the leading machine's CPU time that its instances took, and that everything on it took; 1 is all. */
  readonly instancesShare: number
  readonly machineShare: number
}

/** Measures the population from here until the returned function is called. */
export async function measureLoad(population: Population): Promise<() => Promise<Load>> {
  const [before, machineBefore] = [await population.usage(), machineTime()]
  return async () => {
    const [after, machine] = [await population.usage(), machineTime()]
    const { length } = population.instances
    const [own = [], ownBefore = []] = [after[0], before[0]]
    const grown = (of: (usage: Usage) => number): number => total(after.flat(), of) - total(before.flat(), of)
    const seconds = grown(({ at }) => at) / after.flat().length / 1000
    const ownCpuMs = total(own, ({ cpuMs }) => cpuMs) - total(ownBefore, ({ cpuMs }) => cpuMs)
    const busy = machine.busy - machineBefore.busy
    const whole = busy + machine.idle - machineBefore.idle
    return {
      seconds,
      cpuMsPerSecond: grown(({ cpuMs }) => cpuMs) / length / seconds,
      memoryMb: total(after.flat(), ({ memory }) => memory) / length / 2 ** 20,
      sentBytes: grown(({ sent }) => sent) / length,
      receivedBytes: grown(({ received }) => received) / length,
      instancesShare: ownCpuMs / whole,
      machineShare: busy / whole,
    }
  }
}

function total(usages: readonly Usage[], of: (usage: Usage) => number): number {
  return usages.reduce((sum, usage) => sum + of(usage), 0)
}
