import { cpus, release, totalmem, type } from "node:os"

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly date: string
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round((10 * totalmem()) / 2 ** 30) / 10,
    system: `${type()} ${release()}`,
    node: process.version,
    date: new Date().toISOString(),
  }
}

/** Milliseconds of CPU time that all processes of this machine took, and that none took. */
export function machineTime(): { readonly busy: number; readonly idle: number } {
  const times = cpus().map(({ times }) => times)
  const sum = (of: (time: (typeof times)[number]) => number): number =>
    times.reduce((total, time) => total + of(time), 0)
  return { busy: sum(({ user, nice, sys, irq }) => user + nice + sys + irq), idle: sum(({ idle }) => idle) }
}
