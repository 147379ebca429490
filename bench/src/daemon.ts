import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"

import { z } from "zod"

import { askDaemon } from "./ask-daemon.ts"
import type { Host } from "./lab/network-lab.ts"

const MAIN = join(import.meta.dirname, "../../apps/peer/src/main.ts")
const Ready = z.object({
  identity: z.string(),
  peerId: z.string(),
  api: z.string(),
  ui: z.string().optional(),
  mailbox: z.string().optional(),
})
const ApiFile = z.object({ key: z.string() })

export interface DaemonOptions {
  readonly folder: string
  /** Left out, the person is asked in the window. */
  readonly name?: string
  /** Of libp2p; one that stays the same lets peers find a restarted daemon without mDNS. Free if left out. */
  readonly tcpPort?: number
  /** `starling mailbox` in place of `starling up`. */
  readonly mailbox?: true
  /** Where it runs; on this machine's loopback if left out. */
  readonly host?: Host
  /** The program, where it is another version's. */
  readonly main?: string
  /** Of Node. */
  readonly flags?: readonly string[]
  /** More arguments of the command. */
  readonly more?: readonly string[]
}

/** A real daemon in a process of its own, on loopback or a host of a lab, driven over its local API. */
export class Daemon implements AsyncDisposable {
  readonly folder: string
  readonly api: string
  readonly ui: string | undefined
  readonly identity: string
  readonly peerId: string
  readonly key: string
  /** The link of a mailbox. */
  readonly mailbox: string | undefined
  readonly #child: ChildProcess
  readonly #host: Host | undefined

  private constructor({ folder, host }: DaemonOptions, child: ChildProcess, ready: z.infer<typeof Ready>, key: string) {
    this.folder = folder
    this.#child = child
    this.#host = host
    this.api = ready.api
    this.ui = ready.ui
    this.identity = ready.identity
    this.peerId = ready.peerId
    this.key = key
    this.mailbox = ready.mailbox
  }

  static async start(options: DaemonOptions): Promise<Daemon> {
    const { folder, name, tcpPort = 0, host, main = MAIN, mailbox = false, flags = [] } = options
    const { more = mailbox ? ["--no-mdns"] : ["--headless", "--no-mdns"] } = options
    const listen = `/ip4/${host?.address ?? "127.0.0.1"}/tcp/${tcpPort}`
    const command = mailbox ? ["mailbox"] : ["up", "--no-open"]
    const fixed = ["--data", folder, "--json", "--port", String(host?.port ?? 0), "--listen", listen]
    const words = [...command, ...fixed, ...(name === undefined ? [] : ["--name", name]), ...more]
    const [program, ...args] = [...(host?.command ?? []), process.execPath, ...flags, main, ...words] as const
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] })
    const lines = createInterface({ input: child.stdout })
    const line = await Promise.race([once(lines, "line"), once(child, "exit").then(() => undefined)])
    if (line === undefined) throw new Error(`the daemon on ${folder} ended with ${child.exitCode} before it was ready`)
    const ready = Ready.parse(JSON.parse(String(line[0])))
    const { key } = ApiFile.parse(JSON.parse(await readFile(join(folder, "api.json"), "utf8")))
    return new Daemon(options, child, ready, key)
  }

  /** Throws where the daemon refuses, and `NoAnswer` where it is gone. */
  async call<T>(method: string, path: string, shape: z.ZodType<T>, body?: unknown): Promise<T> {
    const { status, text } = await askDaemon({
      method,
      url: this.api + path,
      key: this.key,
      body,
      ...(this.#host === undefined ? {} : { socketPath: this.#host.socket }),
    })
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`)
    return shape.parse(text === "" ? undefined : JSON.parse(text))
  }

  /** Of its process. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("a daemon that is ready has a process")
    return this.#child.pid
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGTERM")
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, "exit")
    this.#child.kill(signal)
    await ended
  }
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port")
  return address.port
}

/** Makes `guest` a contact and a member of a new group of `host`, and returns the group. */
export async function formGroup(host: Daemon, guest: Daemon, name: string): Promise<string> {
  const { link } = await guest.call("GET", "/api/contacts/link", z.object({ link: z.string() }))
  await host.call("POST", "/api/contacts", z.unknown(), { link })
  const { group } = await host.call("POST", "/api/groups", z.object({ group: z.string() }), { name })
  await host.call("POST", `/api/groups/${group}/invitations`, z.unknown(), { peer: guest.identity })
  await until(async () => (await guest.call("GET", "/api/invitations", z.array(z.unknown()))).length > 0)
  await guest.call("POST", `/api/invitations/${group}/accept`, z.unknown())
  return group
}

/** Asks again `between` milliseconds after each answer; throws after `milliseconds`. */
export async function until(condition: () => Promise<boolean>, milliseconds = 30_000, between = 50): Promise<void> {
  const deadline = performance.now() + milliseconds
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${milliseconds} ms`)
    await pause(between)
  }
}
