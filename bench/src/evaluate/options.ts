import { isIP } from "node:net"
import { parseArgs } from "node:util"

import type { CiphersuiteId } from "@starling/mls"

export type EntropyChoice = "mixed" | "pure"
type Discovery = "known" | "mdns"

export const USAGE = `npm run evaluate -- [options]
  --instances 100        real peers, each with its own PeerId, pool, store and libp2p node
  --groups 10            members of each group; "2,4,10" gives the sizes in turn
  --duration 60          seconds of talk
  --per-process 5        instances in one process, which share its thread
  --entropy mixed|pure   mixed: quantum bytes mixed with the operating system's; pure: unmixed, as in the paper
  --suite both|1|77      of the groups: X25519, the hybrid with ML-KEM-768, or one after the other
  --message-every 10     seconds between two messages of one instance, on average
  --heal-every 60        seconds between two Upd of one instance, on average
  --patience 60          seconds that the last deliveries may take
  --connections 32       of one instance at most
  --discovery known|mdns known: by the addresses in contact links; mdns: on the network
  --local-only           without a platform: keys from the operating system alone (the report says so)
  --no-baselines         without raw TCP, GossipSub, ts-mls, and two peers alone
  --short-baselines      sees that they can be measured, and measures nothing well
  --machines 1           in the run, with this one; the others join by --join
  --listen 127.0.0.1     address of this machine for peers and for who joins
  --port 0               for who joins; 0 takes a free one
  --join HOST:PORT       lends this machine to the run that is led there
  --token-file FILE      the same secret on each machine, 32 characters at least
  --out DIR              writes results.json, report.md and plots there
  --json                 prints the results as JSON`

export interface Options {
  readonly instances: number
  readonly groupSizes: readonly number[]
  /** Milliseconds. */
  readonly duration: number
  readonly perProcess: number
  readonly entropy: EntropyChoice
  /** Of one group after the other, in turn. */
  readonly suites: readonly CiphersuiteId[]
  readonly messageEvery: number
  readonly healEvery: number
  readonly patience: number
  readonly connections: number
  readonly discovery: Discovery
  readonly localOnly: boolean
  readonly baselines: "full" | "short" | "none"
  readonly machines: number
  readonly listen: string
  readonly port: number
  readonly tokenFile: string | undefined
  readonly out: string | undefined
  readonly json: boolean
}

/** What is wrong with the arguments, in one line for who gave them. */
export class WrongArguments extends Error {
  override readonly name = "WrongArguments"
}

const MOST_INSTANCES = 1000
const LONGEST = 24 * 3600
const SUITES = { both: [1, 77], "1": [1], "77": [77] } as const

/** What a machine is told that lends itself to a run. */
export interface Joining {
  readonly host: string
  readonly port: number
  readonly listen: string
  readonly tokenFile: string
}

/** `undefined` where the arguments are for a run of one's own. */
export function parseJoining(args: readonly string[]): Joining | undefined {
  const { join, listen, "token-file": tokenFile } = parse(args)
  if (join === undefined) return undefined
  const [, host, port] = /^([^:\s]+):(\d{1,5})$/.exec(join) ?? []
  if (host === undefined || Number(port) > 65_535)
    throw new WrongArguments(`--join takes HOST:PORT, as the leading machine prints it, not "${join}"`)
  if (tokenFile === undefined) throw new WrongArguments("--join needs --token-file FILE, the secret of the run")
  return { host, port: Number(port), listen: ipv4(listen), tokenFile }
}

export function parseOptions(args: readonly string[]): Options {
  const values = parse(args)
  const instances = whole("--instances", values.instances, 2, MOST_INSTANCES)
  const groupSizes = values.groups.split(",").map((size) => whole("--groups", size, 2, instances))
  if (values.entropy === "pure" && values["local-only"])
    throw new WrongArguments("--entropy pure needs a platform, and --local-only leaves it out: give one of them")
  return {
    instances,
    groupSizes,
    duration: 1000 * number("--duration", values.duration, 1, LONGEST),
    perProcess: whole("--per-process", values["per-process"], 1, MOST_INSTANCES),
    entropy: oneOf("--entropy", values.entropy, ["mixed", "pure"]),
    suites: SUITES[oneOf("--suite", values.suite, ["both", "1", "77"])],
    messageEvery: 1000 * number("--message-every", values["message-every"], 0.01, LONGEST),
    healEvery: 1000 * number("--heal-every", values["heal-every"], 0.1, LONGEST),
    patience: 1000 * number("--patience", values.patience, 1, LONGEST),
    connections: whole("--connections", values.connections, Math.max(...groupSizes), 1000),
    discovery: oneOf("--discovery", values.discovery, ["known", "mdns"]),
    localOnly: values["local-only"],
    baselines: !values.baselines ? "none" : values["short-baselines"] ? "short" : "full",
    machines: withToken(whole("--machines", values.machines, 1, 100), values["token-file"]),
    listen: ipv4(values.listen),
    port: whole("--port", values.port, 0, 65_535),
    tokenFile: values["token-file"],
    out: values.out,
    json: values.json,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        instances: { type: "string", default: "100" },
        groups: { type: "string", default: "10" },
        duration: { type: "string", default: "60" },
        "per-process": { type: "string", default: "5" },
        entropy: { type: "string", default: "mixed" },
        suite: { type: "string", default: "both" },
        "message-every": { type: "string", default: "10" },
        "heal-every": { type: "string", default: "60" },
        patience: { type: "string", default: "60" },
        connections: { type: "string", default: "32" },
        discovery: { type: "string", default: "known" },
        "local-only": { type: "boolean", default: false },
        baselines: { type: "boolean", default: true },
        "short-baselines": { type: "boolean", default: false },
        machines: { type: "string", default: "1" },
        listen: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "0" },
        join: { type: "string" },
        "token-file": { type: "string" },
        out: { type: "string" },
        json: { type: "boolean", default: false },
      },
    }).values
  } catch (error) {
    const [first = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new WrongArguments(first, { cause: error })
  }
}

function withToken(machines: number, tokenFile: string | undefined): number {
  if (machines === 1 || tokenFile !== undefined) return machines
  throw new WrongArguments("--machines needs --token-file FILE, the secret by which the others join")
}

function ipv4(text: string): string {
  if (isIP(text) === 4) return text
  throw new WrongArguments(`--listen takes an IPv4 address of this machine, not "${text}"`)
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value
  throw new WrongArguments(`${option} takes a whole number from ${least} to ${most}, not "${text}"`)
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() !== "" && value >= least && value <= most) return value
  throw new WrongArguments(`${option} takes a number of seconds from ${least} to ${most}, not "${text}"`)
}

function oneOf<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) throw new WrongArguments(`${option} takes one of ${choices.join(", ")}, not "${text}"`)
  return found
}
