import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { osEntropy } from "@starling/entropy/node"
import { Secret } from "@starling/kernel"
import {
  authenticateDevice,
  createGroup,
  createIdentity,
  suitesOf,
  groups,
  ownIdentity,
  readHistory,
  send,
  setName,
  type Notification,
  type PeerState,
} from "@starling/messenger"
import { StoreError, type Store } from "@starling/messenger/ports"
import type { MlsContext } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import { openStore } from "@starling/store"
import { expect, onTestFinished, test, vi } from "vitest"
import { Runner } from "../src/daemon/runner.ts"
import { LonelyTransport } from "./memory-transport.ts"

const crypto = nodeCrypto(1)
const mls: MlsContext = { crypto, random: { draw: osEntropy }, authenticate: authenticateDevice(crypto) }

interface Setting {
  readonly runner: Runner
  readonly store: Store
  readonly transport: LonelyTransport
  readonly notified: readonly Notification[]
  readonly reported: readonly unknown[]
  /** From now on commits fail as on a full disk, until it is set back. */
  full: boolean
}

/** A runner on a real store that can be made to be full. */
async function setting(): Promise<Setting> {
  const folder = mkdtempSync(join(tmpdir(), "starling-runner-"))
  using rootKey = new Secret(osEntropy(32))
  const store = openStore({ folder, rootKey, random: osEntropy })
  const now = (): number => Date.now()
  const created = createIdentity({ now: now(), mls, suites: suitesOf(mls), rows: store })
  store.commit(created.writes)
  const transport = new LonelyTransport()
  const notified: Notification[] = []
  const reported: unknown[] = []
  const state = { full: false }
  const runner = new Runner({
    state: created.state,
    mls,
    suites: suitesOf(mls),
    reader: store,
    transport,
    now,
    commit(step) {
      if (state.full) throw new StoreError("full", "no space left")
      store.commit(step.writes)
    },
    notify: (event) => void notified.push(event),
    linksChanged: () => {},
    answerRoots: (payload) => payload,
    report: (error) => void reported.push(error),
  })
  onTestFinished(async () => {
    await runner[Symbol.asyncDispose]()
    store[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  await runner.start()
  return Object.assign(state, { runner, store, transport, notified, reported })
}

function group(state: PeerState): string {
  const [first] = groups(state)
  if (first === undefined) throw new Error("no group")
  return first.group
}

test("what a step writes is in the store before anything of it is published or shown", async () => {
  const { runner, store, transport } = await setting()
  runner.act((state, env) => createGroup(state, "Garden", env))
  const seen: number[] = []
  transport.onAct = (act) => {
    if (act.startsWith("publish")) seen.push(readHistory(store, group(runner.state), { limit: 10 }).length)
  }
  runner.act((state, env) => send(state, group(state), "hello", env))
  expect(seen).toEqual([1])
})

test("on a full disk a verb fails, nothing of it happened, and the daemon goes on", async () => {
  const set = await setting()
  const { runner, transport, store, notified } = set
  runner.act((state, env) => createGroup(state, "Garden", env))
  const before = { state: runner.state, acts: transport.done.length, notices: notified.length }
  set.full = true
  expect(() => runner.act((state, env) => send(state, group(state), "lost", env))).toThrow(StoreError)
  expect(() => runner.act((state, env) => setName(state, "Nobody", env))).toThrow(StoreError)
  expect({ state: runner.state, acts: transport.done.length, notices: notified.length }).toEqual(before)
  expect(readHistory(store, group(runner.state), { limit: 10 })).toEqual([])

  set.full = false
  runner.act((state, env) => send(state, group(state), "kept", env))
  expect(readHistory(store, group(runner.state), { limit: 10 }).map(({ text }) => text)).toEqual(["kept"])
  expect(ownIdentity(runner.state).name).toBe("")
})

test("what peers send while the disk is full is reported and dropped", async () => {
  const set = await setting()
  set.full = true
  set.transport.events?.connected({ peerId: "12D3KooWOther", address: "/ip4/127.0.0.1/tcp/1", since: 0 })
  set.transport.events?.gossip("/starling/peer/x", new Uint8Array([1, 2, 3]), "12D3KooWOther")
  expect(set.reported.every((error) => error instanceof StoreError)).toBe(true)
  set.full = false
  expect(set.runner.act((state, env) => setName(state, "Ana", env))).toMatchObject({ kind: "done" })
})

test("who came or went while the disk was full is noticed once there is room, and not where it changed again", async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const set = await setting()
  const { runner, transport } = set
  const links = () => [...runner.state.links.keys()]
  const [ana, bo] = ["12D3KooWAna", "12D3KooWBo"].map((peerId) => ({ peerId, address: "/ip4/127.0.0.1", since: 0 }))
  if (ana === undefined || bo === undefined || transport.events === undefined) throw new Error("not started")
  transport.linked = [ana]
  transport.events.connected(ana)
  expect(links()).toEqual([ana.peerId])

  set.full = true
  transport.linked = [bo]
  transport.events.disconnected(ana.peerId)
  transport.events.connected(bo)
  expect(links()).toEqual([ana.peerId])
  set.full = false
  vi.advanceTimersByTime(2_000)
  expect(links()).toEqual([bo.peerId])

  set.full = true
  transport.events.connected(ana)
  set.full = false
  vi.advanceTimersByTime(2_000)
  expect(links()).toEqual([bo.peerId])
})

test("a refused verb changes nothing and is told to who asked", async () => {
  const { runner } = await setting()
  const before = runner.state
  expect(
    runner.act((state, env) => send(state, "00000000-0000-4000-8000-000000000000", "to nobody", env)),
  ).toMatchObject({
    kind: "refused",
    code: "unknown-group",
  })
  expect(runner.state).toBe(before)
})

test("what gossip brings at once is written in one commit, up to 32 messages", async () => {
  const { store, transport } = await setting()
  const commit = vi.spyOn(store, "commit")
  const bring = (count: number): void => {
    for (let i = 0; i < count; i++) transport.events?.gossip("topic", osEntropy(64), "somebody")
  }
  bring(32)
  expect(commit).not.toHaveBeenCalled()
  await new Promise(setImmediate)
  expect(commit).toHaveBeenCalledTimes(1)
  bring(33)
  await new Promise(setImmediate)
  expect(commit).toHaveBeenCalledTimes(2)
  await new Promise(setImmediate)
  expect(commit).toHaveBeenCalledTimes(3)
})
