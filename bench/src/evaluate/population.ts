import type { Usage } from "./host-messages.ts"
import { Instance } from "./instance.ts"
import type { Options } from "./options.ts"
import type { Recording } from "./recorder.ts"
import type { Site } from "./site.ts"

/** The instances of a run, spread over its machines in turn, so that groups have members on each. */
export class Population {
  readonly #sites: readonly Site[]
  readonly #instances: Instance[] = []

  constructor(sites: readonly Site[]) {
    this.#sites = sites
  }

  /** In the order in which they were started. */
  get instances(): readonly Instance[] {
    return this.#instances
  }

  get pids(): readonly number[] {
    return this.#sites.flatMap((site) => site.pids())
  }

  /**
   * One instance after the other: each has its first key of the platform before the next registers there, which would take
   * the epoch away that its proof is for.
   */
  async start(options: Options, signal: AbortSignal, tell: (text: string) => void): Promise<void> {
    for (let i = 0; i < options.instances; i++) {
      signal.throwIfAborted()
      const machine = i % this.#sites.length
      const site = this.#sites[machine]
      if (site === undefined) throw new RangeError("a run has machines")
      const name = `Instance ${i + 1}`
      const { started, line } = await site.start({ name, suite: suiteOfFounder(options, i) })
      this.#instances.push(new Instance(name, machine, started, line))
      if ((i + 1) % 10 === 0 || i + 1 === options.instances) tell(`${i + 1} instances run`)
    }
  }

  /** Of each machine's processes; the first machine is the leading one. */
  async usage(): Promise<readonly (readonly Usage[])[]> {
    return await Promise.all(this.#sites.map(async (site) => await site.usage()))
  }

  /** In the order of `instances`. */
  async recordings(): Promise<readonly Recording[]> {
    const ofSites = await Promise.all(this.#sites.map(async (site) => [...(await site.recordings())]))
    return this.#instances.map(({ machine, name }) => {
      const recording = ofSites[machine]?.shift()
      if (recording === undefined) throw new Error(`there is no recording of ${name}`)
      return recording
    })
  }
}

/** Where each group begins; the last one takes those who would be alone. */
export function groupsOf<T>(everybody: readonly T[], sizes: readonly number[]): readonly (readonly T[])[] {
  const groups: T[][] = []
  for (let first = 0; first < everybody.length;) {
    const size = sizes[groups.length % sizes.length] ?? everybody.length
    const rest = everybody.length - first - size
    const take = rest === 1 ? size + 1 : size
    groups.push(everybody.slice(first, first + take))
    first += take
  }
  return groups
}

/** The founder of a group decides its suite: groups take turns. */
function suiteOfFounder({ instances, groupSizes, suites }: Options, instance: number) {
  const all = Array.from({ length: instances }, (_, i) => i)
  const group = groupsOf(all, groupSizes).findIndex((members) => members.includes(instance))
  return suites[group % suites.length] ?? 1
}
