import { table } from "../mls/table.ts"
import type { Baselines } from "./baselines.ts"
import type { Figure } from "./figures.ts"
import type { Load } from "./load.ts"
import { USUAL_SIZE } from "./talk.ts"
import type { WriteFigures } from "./write-figures.ts"

/** A figure that is to be reached. */
export interface Limit {
  readonly figure: string
  readonly measured: number | undefined
  readonly atMost: number
  readonly unit: string
  /** What the measured value stands for, where its name does not say. */
  readonly note: string
}

export interface Measured {
  readonly figures: readonly Figure[]
  readonly busy: Load
  readonly writes: WriteFigures
  readonly ratio: number
  readonly baselines: Baselines | undefined
}

export function limitsOf({ figures, busy, writes, ratio, baselines }: Measured): readonly Limit[] {
  const cpu = (type: Figure["type"], stage: Figure["stage"], suite?: number): number | undefined =>
    figures.find((each) => each.type === type && each.stage === stage && each.suite === suite)?.cpu?.median
  const median = "median CPU time"
  const ms = { unit: "ms" } as const
  const limits: Limit[] = [
    { figure: "text message, encrypt", measured: cpu("msg", "encrypt"), atMost: 0.2, ...ms, note: median },
    { figure: "text message, decrypt", measured: cpu("msg", "decrypt"), atMost: 0.3, ...ms, note: median },
    { figure: "Upd, create, suite 1", measured: cpu("upd", "encrypt", 1), atMost: 2, ...ms, note: median },
    { figure: "Upd, process, suite 1", measured: cpu("upd", "decrypt", 1), atMost: 1, ...ms, note: median },
    ...(baselines === undefined ? [] : againstBaselines(figures, busy, baselines)),
    {
      figure: "durable writes for a message, at its sender",
      measured: writes.perMessageSent,
      atMost: 1,
      unit: "transactions",
      note: "each one fsync of the write-ahead log",
    },
    {
      figure: "durable writes for a message, at a receiver",
      measured: writes.perMessageReceived,
      atMost: 1,
      unit: "transactions",
      note: "fewer where several come at once",
    },
    { figure: "deliveries that did not arrive", measured: 100 * (1 - ratio), atMost: 0, unit: "%", note: "" },
  ]
  return limits
}

function againstBaselines(figures: readonly Figure[], busy: Load, baselines: Baselines): readonly Limit[] {
  const { plainGossip, twoPeers, durableWrite, engines, starts, atRest, relay } = baselines
  const gossip = plainGossip.find(({ size }) => size === USUAL_SIZE)
  const cpuOf = (op: string) => (engines.find((row) => row.op === op && row.suite === 77)?.cpuUs ?? Number.NaN) / 1000
  const crypto = cpuOf("send32") + cpuOf("recv32")
  const allowed = 1.5 * (gossip?.median ?? Number.NaN) + crypto + durableWrite.median
  const whole = figures.find(({ type, stage, size }) => type === "msg" && stage === "end to end" && size === undefined)
  return [
    {
      figure: `publish to readable, two peers, ${USUAL_SIZE} B`,
      measured: twoPeers.median,
      atMost: allowed,
      unit: "ms",
      note: `1.5 x plain GossipSub ${shown(gossip?.median)} + crypto ${shown(crypto)} + one durable write ${shown(durableWrite.median)}`,
    },
    {
      figure: "publish to readable, whole run, p95",
      measured: whole?.p95,
      atMost: 5 * twoPeers.median,
      unit: "ms",
      note: `5 x two peers; the machine was ${percent(busy.machineShare)} busy, the instances took ${percent(busy.instancesShare)}`,
    },
    {
      figure: "cold start to ready",
      measured: starts.again.median,
      atMost: 1500,
      unit: "ms",
      note: `a daemon in a process of its own; the first time ${starts.first.toFixed(0)} ms`,
    },
    {
      figure: "memory idle, above a bare libp2p process",
      measured: atRest.peer.memory - atRest.bare.memory,
      atMost: 60,
      unit: "MB",
      note: `${atRest.peer.memory.toFixed(0)} MB beside ${atRest.bare.memory.toFixed(0)} MB`,
    },
    {
      figure: "relay, for each message passed on",
      measured: relay,
      atMost: 0.3,
      unit: "ms",
      note: "CPU time of the relay's process; it hears and judges each message, too",
    },
  ]
}

/** Each figure, its limit, and by how much it is missed where it is. */
export function limitsTable(limits: readonly Limit[]): string {
  return table(
    ["figure", "measured", "at most", "reached", "of what"],
    limits.map(({ figure, measured, atMost, unit, note }) => [
      figure,
      measured === undefined ? "not measured" : `${shown(measured)} ${unit}`,
      `${shown(atMost)} ${unit}`,
      verdict(measured, atMost, unit),
      note,
    ]),
  )
}

function verdict(measured: number | undefined, atMost: number, unit: string): string {
  if (measured === undefined) return "-"
  return measured <= atMost ? "yes" : `no, by ${shown(measured - atMost)} ${unit}`
}

function shown(value: number | undefined): string {
  if (value === undefined) return "-"
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}
