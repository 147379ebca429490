import { join } from "node:path"

import type { CiphersuiteId } from "@starling/mls"

import type { StartedInstance, Usage } from "./host-messages.ts"
import { HostProcess } from "./host-process.ts"
import type { Line } from "./instance.ts"
import { LocalLine } from "./local-line.ts"
import type { Options } from "./options.ts"
import { RunPlatform } from "./platform.ts"
import type { Recording } from "./recorder.ts"

/** What of the options each machine has to know. */
export type SiteOptions = Pick<Options, "perProcess" | "entropy" | "connections" | "discovery" | "localOnly">

export interface InstanceWish {
  readonly name: string
  /** Of the groups that it founds. */
  readonly suite: CiphersuiteId
}

export interface SiteInstance {
  readonly started: Pick<StartedInstance, "identity" | "peerId" | "startMs">
  readonly line: Line
}

/** A machine with instances on it. */
export interface Site extends AsyncDisposable {
  start(wish: InstanceWish): Promise<SiteInstance>
  usage(): Promise<readonly Usage[]>
  /** In the order in which the instances were started. */
  recordings(): Promise<readonly Recording[]>
  /** Processes with instances in them. */
  pids(): readonly number[]
}

/** This machine: instances in as many processes as they need, and a platform for them. */
export class LocalSite implements Site {
  readonly #options: SiteOptions
  readonly #folder: string
  /** IPv4 address that the peers listen on. */
  readonly #address: string
  readonly #resources = new AsyncDisposableStack()
  readonly #hosts: HostProcess[] = []
  #platform: RunPlatform | undefined
  #count = 0
  #ending: Promise<void> | undefined

  private constructor(options: SiteOptions, folder: string, address: string) {
    this.#options = options
    this.#folder = folder
    this.#address = address
  }

  static async open(options: SiteOptions, folder: string, address: string, signal: AbortSignal): Promise<LocalSite> {
    const site = new LocalSite(options, folder, address)
    signal.addEventListener("abort", () => void site[Symbol.asyncDispose](), { once: true })
    if (!options.localOnly) site.#platform = site.#resources.use(await RunPlatform.start(folder, signal))
    return site
  }

  async start({ name, suite }: InstanceWish): Promise<SiteInstance> {
    const { perProcess, entropy, connections, discovery } = this.#options
    if (this.#count++ % perProcess === 0) this.#hosts.push(this.#resources.use(new HostProcess()))
    const host = this.#hosts.at(-1)
    if (host === undefined) throw new Error("no instance without a process")
    const started = await host.start({
      folder: join(this.#folder, `instance-${this.#count}`),
      name,
      suite,
      entropy,
      eaas: await this.#platform?.urlFor(name),
      connections,
      mdns: discovery === "mdns",
      address: this.#address,
    })
    return { started, line: this.#resources.use(await LocalLine.open(started)) }
  }

  async usage(): Promise<readonly Usage[]> {
    return await Promise.all(this.#hosts.map(async (host) => await host.usage()))
  }

  async recordings(): Promise<readonly Recording[]> {
    return (await Promise.all(this.#hosts.map(async (host) => await host.recordings()))).flat()
  }

  pids(): readonly number[] {
    return this.#hosts.map(({ pid }) => pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#resources.disposeAsync()
    await this.#ending
  }
}
