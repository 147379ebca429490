import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"

const RELAY = join(import.meta.dirname, "relay.ts")
/** Namespaces of a lab are `starling-PID-NAME`, so that the next one can clear away what a killed one left. */
const PREFIX = "starling-"

/** A machine of the lab: what is spawned with `command` in front runs there. */
export interface Host {
  readonly name: string
  readonly address: string
  readonly command: readonly [string, ...string[]]
  /** The port on the host's own loopback that `socket`, on this machine, leads to. */
  readonly port: number
  readonly socket: string
}

/**
 * Machines on one Ethernet, as network namespaces around a bridge in a namespace of its own. The Ethernet can be cut in two:
 * nothing is closed or refused then, packets to the other side are just gone. Needs root and iproute2.
 */
export class NetworkLab implements AsyncDisposable {
  readonly #hub = namespaceOf("hub")
  readonly #hosts = new Map<string, Host>()
  readonly #resources = new AsyncDisposableStack()

  static isPossible(): boolean {
    const probe = namespaceOf("probe")
    const works = spawnSync("ip", ["netns", "add", probe]).status === 0
    if (works) spawnSync("ip", ["netns", "delete", probe])
    return works
  }

  /** `port` is where a host's processes listen for what comes over its socket. */
  static async open(names: readonly string[], port: number): Promise<NetworkLab> {
    await using opening = new AsyncDisposableStack()
    await clearAway()
    const lab = opening.use(new NetworkLab())
    await lab.#wire(names, port)
    opening.move()
    return lab
  }

  private constructor() {}

  host(name: string): Host {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new RangeError(`${name} is no host of this lab`)
    return host
  }

  /** Puts the hosts named on an Ethernet of their own. */
  async cut(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#plug(name, "far")
  }

  async mend(): Promise<void> {
    for (const name of this.#hosts.keys()) await this.#plug(name, "near")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  async #wire(names: readonly string[], port: number): Promise<void> {
    const sockets = await mkdtemp(join(tmpdir(), "starling-lab-"))
    this.#resources.defer(async () => await rm(sockets, { recursive: true, force: true }))
    await this.#addNamespace(this.#hub)
    for (const bridge of ["near", "far"]) {
      // Without an IGMP querier, a bridge that snoops forgets who wants mDNS.
      await ip("-n", this.#hub, "link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
      await ip("-n", this.#hub, "link", "set", bridge, "up")
    }
    for (const [i, name] of names.entries()) {
      const address = `10.77.0.${i + 1}`
      await this.#addHost(name, address)
      const command = ["ip", "netns", "exec", namespaceOf(name)] as const
      const socket = join(sockets, name)
      this.#hosts.set(name, { name, address, command, port, socket })
      const [program, ...args] = [...command, process.execPath, RELAY, socket, String(port)]
      const relay = spawn(program, args, { stdio: ["pipe", "inherit", "inherit"] })
      this.#resources.defer(async () => await end(relay))
    }
    for (const { socket } of this.#hosts.values()) while (!existsSync(socket)) await pause(20)
  }

  async #addHost(name: string, address: string): Promise<void> {
    const namespace = namespaceOf(name)
    await this.#addNamespace(namespace)
    const cable = ["type", "veth", "peer", "name", "eth0", "netns", namespace]
    await ip("-n", this.#hub, "link", "add", name, ...cable)
    await ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0")
    for (const link of ["lo", "eth0"]) await ip("-n", namespace, "link", "set", link, "up")
    await ip("-n", namespace, "route", "add", "default", "dev", "eth0")
    await this.#plug(name, "near")
  }

  async #addNamespace(namespace: string): Promise<void> {
    await ip("netns", "add", namespace)
    this.#resources.defer(async () => await ip("netns", "delete", namespace))
  }

  async #plug(name: string, bridge: "near" | "far"): Promise<void> {
    await ip("-n", this.#hub, "link", "set", name, "master", bridge, "up")
  }
}

function namespaceOf(name: string): string {
  return `${PREFIX}${process.pid}-${name}`
}

async function clearAway(): Promise<void> {
  const { stdout } = await promisify(execFile)("ip", ["netns", "list"])
  for (const [namespace, pid] of stdout.matchAll(/^starling-(\d+)-\S+/gm))
    if (!existsSync(`/proc/${pid}`)) await ip("netns", "delete", namespace)
}

async function ip(...args: readonly string[]): Promise<void> {
  await promisify(execFile)("ip", args)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill()
  await ended
}
