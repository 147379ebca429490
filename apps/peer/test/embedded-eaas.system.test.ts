import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { RootWitness } from "@starling/eaas"
import { expect, onTestFinished, test } from "vitest"
import { connectEaas } from "../src/daemon/connect-eaas.ts"
import { EmbeddedEaas } from "../src/daemon/embedded-eaas.ts"
import type { EaasChoice } from "../src/daemon/daemon.ts"
import { openFoundation } from "../src/daemon/foundation.ts"
import { KeyServiceError } from "../src/daemon/key-service.ts"
import { progressOf, Refill } from "../src/daemon/refill.ts"

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-refill-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

async function refillOn(dataFolder: string, eaas: EaasChoice) {
  const now = (): number => Date.now()
  const resources = new AsyncDisposableStack()
  onTestFinished(async () => await resources.disposeAsync())
  const foundation = openFoundation({ dataFolder, policy: "mixed", now }, resources.use(new DisposableStack()))
  const { pool, deliveries } = foundation
  const witness = new RootWitness({ load: () => undefined, save: () => {} })
  const steps = new Set<string>()
  const refill: Refill = resources.use(
    new Refill({
      pool,
      fillTo: 0.5,
      patience: undefined,
      ahead: true,
      connect: connectEaas(
        { eaas, dataFolder, branch: undefined },
        { ...foundation, witness, now, phone: undefined, prover: undefined },
        resources.use(new AsyncDisposableStack()),
      ),
      has: (id) => deliveries.get(id) !== undefined,
      delivered: (delivery) => deliveries.add([delivery]),
      changed() {
        for (const { step, state } of progressOf(refill.state)) if (state === "active") steps.add(step)
      },
      now,
      report: (error) => expect.fail(String(error)),
    }),
  )
  return { ...foundation, refill, steps, end: async () => await resources.disposeAsync() }
}

const forever = new AbortController().signal

test("the pool is filled through AS, proof, PVS and LP, and the log says of what and by whom", async () => {
  const { pool, refill, steps, draws, deliveries, end } = await refillOn(home(), { kind: "embedded" })
  expect(await refill.obtain(1024, forever)).toBe(1024)
  expect(await refill.obtain(8192, forever)).toBe(8192)
  expect(pool.bytes).toBe(9216)
  expect([...steps]).toEqual(["registering", "sealing", "leaves", "proving", "requesting", "opening"])
  const channel = "one-time pad, simulated link, bootstrapped key"
  expect(deliveries.list()).toMatchObject([
    { simulated: true, path: "loopback tap", anonymitySet: 1, bytes: 1024, channel },
    { simulated: true, path: "loopback tap", anonymitySet: 1, bytes: 8192, channel },
  ])
  expect(refill.service).toMatchObject({ embedded: true, simulated: true, developmentProvingKey: true })
  // Secrets of the request that fills the pool are drawn from the operating system, and logged like any other.
  expect(draws.list({}).map(({ purpose, label }) => `${purpose}: ${label}`)).toContain(
    "key encapsulation key: local only",
  )
  const stopping = performance.now()
  await end()
  expect(performance.now() - stopping).toBeLessThan(2_000)
})

test("a platform of its own serves several peers by their codes, and refuses a stranger's", async () => {
  const platform = await EmbeddedEaas.start(join(home(), "eaas"), forever)
  onTestFinished(async () => await platform[Symbol.asyncDispose]())
  const url = await platform.urlForUser("Ana")
  const ana = await refillOn(home(), { kind: "remote", url })
  expect(await ana.refill.obtain(1024, forever)).toBe(1024)

  const copycat = await refillOn(home(), { kind: "remote", url })
  await expect(copycat.refill.obtain(1024, forever)).rejects.toMatchObject({
    name: "KeyServiceError",
    state: "refused",
  })
  expect(copycat.refill.state).toMatchObject({ kind: "refused" })
  const stranger = await refillOn(home(), { kind: "remote", url: url.replace(/#.*/, "") })
  await expect(stranger.refill.obtain(1024, forever)).rejects.toMatchObject({ code: "not-registered" })
  expect([copycat.pool.bytes, stranger.pool.bytes]).toEqual([0, 0])
})

test("a platform that is away costs nothing but quantum bytes", async () => {
  const { refill, pool } = await refillOn(home(), { kind: "remote", url: "http://127.0.0.1:9/#code" })
  await expect(refill.obtain(1024, forever)).rejects.toThrow(KeyServiceError)
  expect(refill.state.kind).toBe("unreachable")
  expect(pool.draw(32, "a key all the same")).toHaveLength(32)
})

test("an embedded platform that can't start says why in words, not in its own JSON", async () => {
  const file = join(home(), "a file")
  writeFileSync(file, "")
  const starting = EmbeddedEaas.start(join(file, "eaas"), forever)
  await expect(starting).rejects.toMatchObject({ name: "KeyServiceError", code: "eaas-unreachable" })
  await expect(starting).rejects.toThrow(/did not start: ENOTDIR/)
})
