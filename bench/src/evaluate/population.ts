import { join } from "node:path"

import type { Usage } from "./host-messages.ts"
import { HostProcess } from "./host-process.ts"
import { Instance } from "./instance.ts"
import type { Options } from "./options.ts"
import { RunPlatform } from "./platform.ts"
import type { Recording } from "./recorder.ts"

/** The instances of a run, in as many processes as they need. */
export class Population implements AsyncDisposable {
  readonly #resources = new AsyncDisposableStack()
  readonly #hosts: HostProcess[] = []
  readonly #instances: Instance[] = []
  #ending: Promise<void> | undefined

  /** In the order in which they were started. */
  get instances(): readonly Instance[] {
    return this.#instances
  }

  get pids(): readonly number[] {
    return this.#hosts.map(({ pid }) => pid)
  }

  /**
   * One instance after the other: each has its first key of the platform before the next registers there, which would take
   * the epoch away that its proof is for.
   */
  async start(options: Options, folder: string, signal: AbortSignal, tell: (text: string) => void): Promise<void> {
    signal.addEventListener("abort", () => void this.#end(), { once: true })
    const platform = options.localOnly ? undefined : this.#resources.use(await RunPlatform.start(folder, signal))
    const processes = Math.ceil(options.instances / options.perProcess)
    for (let i = 0; i < options.instances; i++) {
      signal.throwIfAborted()
      if (this.#hosts.length < processes && i === this.#hosts.length * options.perProcess)
        this.#hosts.push(this.#resources.use(new HostProcess()))
      const host = this.#hosts.at(-1)
      if (host === undefined) throw new Error("no instance without a process")
      const name = `Instance ${i + 1}`
      const started = await host.start({
        folder: join(folder, `instance-${i + 1}`),
        name,
        suite: suiteOfFounder(options, i),
        entropy: options.entropy,
        eaas: await platform?.urlFor(name),
        connections: options.connections,
        mdns: options.discovery === "mdns",
      })
      this.#instances.push(this.#resources.use(await Instance.connect(name, started)))
      if ((i + 1) % 10 === 0 || i + 1 === options.instances) tell(`${i + 1} instances run`)
    }
  }

  async usage(): Promise<readonly Usage[]> {
    return await Promise.all(this.#hosts.map(async (host) => await host.usage()))
  }

  /** In the order of `instances`. */
  async recordings(): Promise<readonly Recording[]> {
    return (await Promise.all(this.#hosts.map(async (host) => await host.recordings()))).flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }

  #end(): Promise<void> {
    this.#ending ??= this.#resources.disposeAsync()
    return this.#ending
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
