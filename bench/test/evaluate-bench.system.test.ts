import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"

import { expect, onTestFinished, test } from "vitest"
import { z } from "zod"

import { freePort } from "../src/daemon.ts"
import { parseJoining, parseOptions, WrongArguments } from "../src/evaluate/options.ts"

const COMMAND = join(import.meta.dirname, "../src/evaluate.ts")
const LIVELY = ["--message-every", "1", "--heal-every", "3"]
const SMALL = ["--instances", "6", "--groups", "3", ...LIVELY]

const Distribution = z.object({
  n: z.number().positive(),
  min: z.number().positive(),
  p5: z.number(),
  median: z.number(),
  mean: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
})
const Figure = Distribution.extend({
  type: z.string(),
  stage: z.string(),
  suite: z.number().optional(),
  size: z.number().optional(),
})
const Load = z.object({
  cpuMsPerSecond: z.number().positive(),
  memoryMb: z.number().positive(),
  sentBytes: z.number().positive(),
  receivedBytes: z.number().positive(),
})
const Results = z.object({
  run: z.object({ processes: z.number(), groups: z.array(z.object({ members: z.number(), suite: z.string() })) }),
  delivery: z.object({
    messages: z.number().positive(),
    deliveries: z.number(),
    delivered: z.number(),
    ratio: z.number(),
    upds: z.number().positive(),
  }),
  figures: z.array(Figure),
  instance: z.object({ startMs: Distribution, idle: Load, busy: Load }),
  entropy: z.record(z.string(), z.number()),
  writes: z.object({ perMessageSent: z.number(), perMessageReceived: z.number() }),
  baselines: z.object({
    rawTcp: z.array(Distribution),
    plainGossip: z.array(Distribution),
    engines: z.array(z.object({ op: z.string(), suite: z.number(), tsMlsStockUs: z.number().nullable() })),
  }),
  limits: z.array(z.object({ figure: z.string(), measured: z.number().optional(), atMost: z.number() })),
})

/** A folder of its own for everything that a run writes, so that what it leaves behind shows. */
function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-evaluate-test-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

const Shared = Results.pick({ delivery: true, figures: true })

/** Starts a run; `onTalk` is called with its pid and those of its hosting processes once they talk. */
async function runUntilTalk(
  folder: string,
  args: readonly string[],
  onTalk: (run: number, hosts: readonly number[]) => void,
) {
  return await runUntil(/ talking$/m, folder, args, (run, told) => {
    const [, pids = ""] = /processes ([\d, ]+) have/.exec(told) ?? []
    onTalk(run, pids.split(", ").map(Number))
  })
}

/** Starts the command; `onTold` is called once what it says has come so far. */
async function runUntil(
  words: RegExp,
  folder: string,
  args: readonly string[],
  onTold: (run: number, told: string) => void,
) {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: folder },
  })
  let told = ""
  let hasCome = false
  child.stderr.on("data", (chunk: Buffer) => {
    told += chunk.toString()
    if (hasCome || !words.test(told)) return
    hasCome = true
    onTold(child.pid ?? 0, told)
  })
  const output = text(child.stdout)
  const status = await new Promise<number | null>((resolve) => child.once("exit", resolve))
  return { status, stdout: await output, told }
}

test(
  "six peers in two groups talk, and what it took is in results, plots and report",
  { timeout: 900_000 },
  async () => {
    const folder = workFolder()
    const out = join(folder, "out")
    const { status, stdout, told } = await runUntilTalk(
      folder,
      [...SMALL, "--per-process", "3", "--duration", "10", "--short-baselines", "--out", out, "--json"],
      () => {},
    )
    expect({ status, told }).toMatchObject({ status: 0 })
    expect(readdirSync(folder)).toEqual(["out"])
    expect(readdirSync(out).toSorted()).toEqual(["figure-4.svg", "figure-5.svg", "report.md", "results.json"])
    const written: unknown = JSON.parse(readFileSync(join(out, "results.json"), "utf8"))
    expect(JSON.parse(stdout)).toEqual(written)

    const { run, delivery, figures, entropy, writes, baselines, limits } = Results.parse(written)
    expect(run.processes).toBe(2)
    expect(run.groups.map(({ members }) => members)).toEqual([3, 3])
    expect(new Set(run.groups.map(({ suite }) => suite)).size).toBe(2)
    expect(delivery).toMatchObject({ deliveries: 2 * delivery.messages, delivered: 2 * delivery.messages, ratio: 1 })
    expect(entropy["mixed"]).toBeGreaterThan(100)

    const of = (type: string, stage: string) =>
      figures.find(
        (each) => each.type === type && each.stage === stage && each.suite === undefined && each.size === undefined,
      )
    expect(of("msg", "encrypt")?.n).toBe(delivery.messages)
    expect(of("msg", "end to end")?.n).toBe(delivery.deliveries)
    // Two in each group are invited.
    expect(of("invitation", "end to end")?.n).toBe(4)
    for (const type of ["msg", "upd", "invitation"])
      for (const stage of ["encrypt", "transmit", "decrypt", "reception", "end to end"]) {
        const figure = of(type, stage)
        expect(figure, `${type}, ${stage}`).toBeDefined()
        const order = [figure?.min, figure?.p5, figure?.median, figure?.p95, figure?.p99, figure?.max]
        expect(order.toSorted((a, b) => Number(a) - Number(b))).toEqual(order)
      }
    const waits = ["transmit", "reception", "end to end"].map((stage) => of("msg", stage)?.min ?? 0)
    expect(waits[2]).toBeGreaterThan((waits[0] ?? 0) + (waits[1] ?? 0))
    // The ciphers of both suites were in use, each by its own group.
    const suites = figures.filter(({ type, stage }) => type === "upd" && stage === "encrypt").map(({ suite }) => suite)
    expect(suites).toEqual([undefined, 1, 77])
    expect(writes.perMessageSent).toBe(1)
    expect(writes.perMessageReceived).toBeLessThanOrEqual(1)
    expect(baselines.rawTcp).toHaveLength(4)
    expect(baselines.engines.find(({ op, suite }) => op === "send32" && suite === 1)?.tsMlsStockUs).toBeGreaterThan(0)
    expect(limits.map(({ figure }) => figure)).toContain("publish to readable, two peers, 200 B")
    expect(limits.every(({ measured }) => measured !== undefined)).toBe(true)

    const report = readFileSync(join(out, "report.md"), "utf8")
    for (const words of ["AMD EPYC 7763", "< 2 ms", "< 6 ms", "figure-4.svg", "What is to be reached"])
      expect(report).toContain(words)
    const plot = readFileSync(join(out, "figure-4.svg"), "utf8")
    expect(plot).toContain(`Msg: n ${delivery.messages}, median`)
    expect(plot.match(/<polygon /g)).toHaveLength(6)
  },
)

test("a run in which messages are lost is not reported, and says which", { timeout: 400_000 }, async () => {
  const folder = workFolder()
  const out = join(folder, "out")
  // The first process has two of the three members of a group.
  const more = ["--per-process", "2", "--local-only", "--no-baselines", "--patience", "3", "--out", out]
  const { status, stdout, told } = await runUntilTalk(folder, [...SMALL, "--duration", "6", ...more], (_, [first]) => {
    process.kill(first ?? 0, "SIGKILL")
  })
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" })
  expect(told).toMatch(/no report: \d+ of \d+ deliveries did not come within 3 s of the last message/)
  expect(told).toMatch(/ {2}[0-9a-f]{32,} by Instance [1-6] in group [12] is not at Instance [1-6]/)
  expect(existsSync(out)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
})

test("two machines share a run, once the second has shown that it knows the token", { timeout: 400_000 }, async () => {
  const folder = workFolder()
  const [known, other] = [join(folder, "token"), join(folder, "other")]
  writeFileSync(known, "a secret of at least thirty-two characters")
  writeFileSync(other, "what somebody thinks up who knows it not")
  const port = await freePort()
  const out = join(folder, "out")
  const shared = ["--machines", "2", "--port", String(port), "--token-file", known]
  const more = ["--per-process", "3", "--local-only", "--no-baselines", "--duration", "6", "--out", out]
  const joined: Promise<{ readonly status: number | null; readonly told: string }>[] = []
  const leading = runUntil(/ on 1 more: /, folder, [...SMALL, ...shared, ...more], () => {
    for (const token of [other, known]) joined.push(runJoining(folder, port, token, joined.at(-1)))
  })
  expect(await leading).toMatchObject({ status: 0 })
  const [stranger, second] = await Promise.all(joined)
  expect(stranger).toMatchObject({ status: 1, told: expect.stringContaining("does not know the token") })
  expect(second).toMatchObject({ status: 0, told: "" })

  const { delivery, figures } = Shared.parse(JSON.parse(readFileSync(join(out, "results.json"), "utf8")))
  expect(delivery).toMatchObject({ deliveries: 2 * delivery.messages, delivered: 2 * delivery.messages, ratio: 1 })
  // Every operation is there; of deliveries, those between two of one machine are timed.
  const timed = figures.find(({ type, stage }) => type === "msg" && stage === "transmit")?.n ?? 0
  expect(figures.find(({ type, stage }) => type === "msg" && stage === "encrypt")?.n).toBe(delivery.messages)
  expect(timed).toBeGreaterThan(0)
  expect(timed).toBeLessThan(delivery.deliveries)
  expect(readdirSync(folder).toSorted()).toEqual(["other", "out", "token"])
})

/** Joins as soon as the one before has ended. */
async function runJoining(folder: string, port: number, token: string, before: Promise<unknown> | undefined) {
  await before
  return await runUntil(/^$/, folder, ["--join", `127.0.0.1:${port}`, "--token-file", token], () => {})
}

test("the container's command is one that the evaluation takes", () => {
  const file = readFileSync(join(import.meta.dirname, "../compose.yaml"), "utf8")
  const [, listed = ""] = /^ {4}command: \[(.*)\]$/m.exec(file) ?? []
  expect(parseOptions(listed.split(", "))).toMatchObject({ instances: 100, duration: 60_000, out: "/results" })
  expect(file).toContain("./results/evaluation:/results")
})

test("Ctrl-C ends a run, its processes and its folders", { timeout: 400_000 }, async () => {
  const folder = workFolder()
  let hosts: readonly number[] = []
  const args = ["--instances", "4", "--groups", "2", "--per-process", "2", "--local-only", "--duration", "600"]
  const { status } = await runUntilTalk(folder, args, (run, pids) => {
    hosts = pids
    process.kill(run, "SIGINT")
  })
  expect(status).toBe(130)
  expect(hosts).toHaveLength(2)
  for (const pid of hosts) expect(existsSync(`/proc/${pid}`), String(pid)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
})

test.for([
  { args: ["--instances", "1"], says: '--instances takes a whole number from 2 to 1000, not "1"' },
  { args: ["--instances", "many"], says: '--instances takes a whole number from 2 to 1000, not "many"' },
  { args: ["--instances", "6", "--groups", "7"], says: '--groups takes a whole number from 2 to 6, not "7"' },
  { args: ["--duration", "-3"], says: "--duration" },
  { args: ["--duration=-3"], says: '--duration takes a number of seconds from 1 to 86400, not "-3"' },
  { args: ["--entropy", "none"], says: '--entropy takes one of mixed, pure, not "none"' },
  { args: ["--entropy", "pure", "--local-only"], says: "--entropy pure needs a platform" },
  { args: ["--suite", "2"], says: '--suite takes one of both, 1, 77, not "2"' },
  { args: ["--machines", "2"], says: "--machines needs --token-file FILE" },
  { args: ["--listen", "here"], says: '--listen takes an IPv4 address of this machine, not "here"' },
  { args: ["--join", "192.0.2.1:7499"], says: "--join needs --token-file FILE" },
  { args: ["--join", "nowhere"], says: '--join takes HOST:PORT, as the leading machine prints it, not "nowhere"' },
  { args: ["--nowhere"], says: "--nowhere" },
  { args: ["stray"], says: "stray" },
])("$args is refused in one line", ({ args, says }) => {
  const refusal = refusalOf(args)
  expect(refusal).toContain(says)
  expect(refusal).not.toContain("\n")
})

test("the command says what is wrong with its arguments, and ends with 2", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "--instances", "1"], { encoding: "utf8" })
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: `${refusalOf(["--instances", "1"])}\n` })
})

function refusalOf(args: readonly string[]): string {
  try {
    if (parseJoining(args) === undefined) parseOptions(args)
  } catch (error) {
    if (error instanceof WrongArguments) return error.message
    throw error
  }
  throw new Error(`${args.join(" ")} is taken`)
}
