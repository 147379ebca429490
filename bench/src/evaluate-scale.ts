// `npm run evaluate:scale [-- --groups 2,10,100,1000 --networks 10,25,50,100 --duration 20 --out DIR --json]`: what things cost against the
// size of a group (the engine; a group on the simulated network) and of a network (real peers in groups of ten at most).
import { spawn } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { parseArgs } from "node:util"

import { z } from "zod"

import { lineChart, type Chart } from "./evaluate/line-chart.ts"
import { thisMachine } from "./evaluate/machine.ts"
import { QUICK } from "./mls/measure.ts"
import { measureRows, type Row } from "./mls/rows.ts"
import { table } from "./mls/table.ts"

const EVALUATE = join(import.meta.dirname, "evaluate.ts")
const SIMULATE = join(import.meta.dirname, "../../sim/src/large.ts")
/** The simulation plays every member on this one processor. */
const MOST_SIMULATED = 200
const GROUP = 10

const Load = z.object({ seconds: z.number(), cpuMsPerSecond: z.number(), memoryMb: z.number(), sentBytes: z.number() })
const Evaluated = z.object({
  delivery: z.object({ deliveries: z.number(), ratio: z.number() }),
  figures: z.array(
    z.object({
      type: z.string(),
      stage: z.string(),
      suite: z.number().optional(),
      size: z.number().optional(),
      median: z.number(),
      p95: z.number(),
    }),
  ),
  instance: z.object({ idle: Load, busy: Load }),
})
const Cost = z.object({ virtualMs: z.number(), cpuMsPerMember: z.number() })
const Simulated = z.object({ members: z.number(), join: Cost, removal: Cost, heal: Cost })
type Simulated = z.infer<typeof Simulated>

/** Of one network of real peers, on average over its peers. */
interface Network {
  readonly peers: number
  readonly medianMs: number
  readonly p95Ms: number
  readonly cpuMsPerDelivery: number
  readonly bytesPerDelivery: number
  readonly idleCpuMsPerSecond: number
  readonly idleMemoryMb: number
}

async function main(args: readonly string[]): Promise<number> {
  try {
    await scale(parse(args))
    return 0
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    console.error(error.message)
    return error.status
  }
}

class Refused extends Error {
  override readonly name = "Refused"
  readonly status: 1 | 2

  constructor(message: string, status: 1 | 2) {
    super(message)
    this.status = status
  }
}

interface ScaleOptions {
  readonly groups: readonly number[]
  readonly networks: readonly number[]
  readonly duration: string
  readonly out: string | undefined
  readonly json: boolean
}

function parse(args: readonly string[]): ScaleOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        groups: { type: "string", default: "2,10,100,1000" },
        networks: { type: "string", default: "10,25,50,100" },
        duration: { type: "string", default: "20" },
        out: { type: "string" },
        json: { type: "boolean", default: false },
      },
    })
    return {
      ...values,
      out: values.out,
      groups: sizes("--groups", values.groups),
      networks: sizes("--networks", values.networks),
    }
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused((error instanceof Error ? error.message : String(error)).split(/\. |\n/)[0] ?? "", 2)
  }
}

function sizes(option: string, listed: string): readonly number[] {
  const numbers = listed.split(",").map(Number)
  if (numbers.every((each) => Number.isSafeInteger(each) && each >= 2 && each <= 1000)) return numbers
  throw new Refused(`${option} takes sizes from 2 to 1000, such as 2,10,100, not "${listed}"`, 2)
}

async function scale({ groups, networks, duration, out, json }: ScaleOptions): Promise<void> {
  const measured: Network[] = []
  for (const peers of networks) measured.push(await networkOf(peers, duration))
  const simulated: Simulated[] = []
  for (const members of groups.filter((size) => size >= 3 && size <= MOST_SIMULATED))
    simulated.push(Simulated.parse(JSON.parse(await output(SIMULATE, ["--members", String(members)], [0, 1]))))
  const engine = await measureRows(
    {
      sizes: groups,
      operations: ["send32", "recv32", "update.create", "update.process", "add.create", "add.process", "join"],
      suites: [1, 77],
      effort: QUICK,
      baselines: false,
      worker: false,
      json: false,
      out: undefined,
    },
    () => {},
  )
  const results = { machine: thisMachine(), networks: measured, simulated, engine }
  if (out !== undefined) {
    await mkdir(out, { recursive: true })
    await writeFile(join(out, "scale.json"), `${JSON.stringify(results, undefined, 2)}\n`)
    for (const [file, chart] of Object.entries(chartsOf(measured, simulated, engine)))
      if (chart.lines.some(({ points }) => points.length > 0)) await writeFile(join(out, file), lineChart(chart))
  }
  console.log(json ? JSON.stringify(results) : tables(measured, simulated, engine))
}

async function networkOf(peers: number, duration: string): Promise<Network> {
  const asked = ["--instances", String(peers), "--groups", String(Math.min(GROUP, peers)), "--duration", duration]
  const printed = await output(EVALUATE, [...asked, "--local-only", "--no-baselines", "--json"], [0])
  const { delivery, figures, instance } = Evaluated.parse(JSON.parse(printed))
  const whole = figures.find(
    ({ type, stage, suite, size }) =>
      type === "msg" && stage === "end to end" && suite === undefined && size === undefined,
  )
  const perPeer = delivery.deliveries / peers
  const { idle, busy } = instance
  return {
    peers,
    medianMs: whole?.median ?? Number.NaN,
    p95Ms: whole?.p95 ?? Number.NaN,
    cpuMsPerDelivery: (busy.cpuMsPerSecond * busy.seconds) / perPeer,
    bytesPerDelivery: busy.sentBytes / perPeer,
    idleCpuMsPerSecond: idle.cpuMsPerSecond,
    idleMemoryMb: idle.memoryMb,
  }
}

/** What a command of ours prints. Throws `Refused` where it ends otherwise than expected: it has said why. */
async function output(file: string, args: readonly string[], expected: readonly number[]): Promise<string> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  const printed = text(child.stdout)
  const status = await new Promise<number | null>((resolve) => child.once("exit", resolve))
  if (status === null || !expected.includes(status)) throw new Refused(`${args.join(" ")} ended with ${status}`, 1)
  return await printed
}

const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const

function chartsOf(
  networks: readonly Network[],
  simulated: readonly Simulated[],
  engine: readonly Row[],
): Readonly<Record<string, Chart>> {
  const ofNetworks = (label: string, i: number, of: (network: Network) => number) => ({
    label,
    colour: COLOURS[i % COLOURS.length] ?? "black",
    points: networks.map((network) => [network.peers, of(network)] as const),
  })
  const operations = [...new Set(engine.map(({ op }) => op))]
  return {
    "delay.svg": {
      title: "Call to window, networks of real peers",
      sizes: "peers",
      unit: "ms",
      lines: [ofNetworks("median", 0, ({ medianMs }) => medianMs), ofNetworks("p95", 1, ({ p95Ms }) => p95Ms)],
    },
    "cost.svg": {
      title: "Cost of a delivery, and of a second of silence",
      sizes: "peers",
      unit: "",
      lines: [
        ofNetworks("CPU for a delivery, ms", 0, ({ cpuMsPerDelivery }) => cpuMsPerDelivery),
        ofNetworks("bytes for a delivery", 1, ({ bytesPerDelivery }) => bytesPerDelivery),
        ofNetworks("idle CPU, ms a second", 2, ({ idleCpuMsPerSecond }) => idleCpuMsPerSecond),
        ofNetworks("idle memory, MB", 3, ({ idleMemoryMb }) => idleMemoryMb),
      ],
    },
    "reach.svg": {
      title: "Until everybody is in the new state, simulated network",
      sizes: "members",
      unit: "ms",
      lines: (["join", "removal", "heal"] as const).map((kind, i) => ({
        label: kind,
        colour: COLOURS[i % COLOURS.length] ?? "black",
        points: simulated.map((each) => [each.members, each[kind].virtualMs] as const),
      })),
    },
    "engine.svg": {
      title: "CPU time of an operation, suite 1",
      sizes: "members",
      unit: "us",
      lines: operations.map((op, i) => ({
        label: op,
        colour: COLOURS[i % COLOURS.length] ?? "black",
        points: engine.filter((row) => row.op === op && row.suite === 1).map(({ n, cpuUs }) => [n, cpuUs] as const),
      })),
    },
  }
}

function tables(networks: readonly Network[], simulated: readonly Simulated[], engine: readonly Row[]): string {
  const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2))
  return [
    "Networks of real peers, in groups of ten at most",
    table(
      ["peers", "median, ms", "p95, ms", "CPU/delivery, ms", "bytes/delivery", "idle CPU, ms/s", "idle memory, MB"],
      networks.map((each) => [String(each.peers), ...Object.values(each).slice(1).map(shown)]),
    ),
    "One group on the simulated network: virtual ms until everybody is in the new state / ms of CPU a member",
    table(
      ["members", "join", "removal", "heal"],
      simulated.map(({ members, ...costs }) => [
        String(members),
        ...[costs.join, costs.removal, costs.heal].map(
          ({ virtualMs, cpuMsPerMember }) => `${shown(virtualMs)} / ${shown(cpuMsPerMember)}`,
        ),
      ]),
    ),
    "The engine, us of CPU",
    table(
      ["operation", "members", "suite", "us"],
      engine.map(({ op, n, suite, cpuUs }) => [op, String(n), String(suite), String(cpuUs)]),
    ),
  ].join("\n\n")
}

process.exitCode = await main(process.argv.slice(2))
