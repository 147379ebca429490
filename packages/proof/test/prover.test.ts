import { appendFile, cp, mkdtemp, rm } from "node:fs/promises"
import { ChildProcess, execFile } from "node:child_process"
import { getPriority, tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { promisify } from "node:util"
import {
  FieldElement,
  ProofImpossible,
  PROVING_KEY_FILE,
  statementOf,
  verifyProof,
  type Witness,
} from "@starling/proof"
import { Prover, ProverFailed } from "@starling/proof/node"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { element, honest, tree } from "./member.ts"

const ARTIFACTS = join(import.meta.dirname, "../artifacts")
const never = new AbortController().signal
let prover: Prover

beforeAll(async () => {
  prover = await Prover.open()
})

afterAll(async () => {
  await prover[Symbol.asyncDispose]()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test("a member's proof is valid for its statement, and the event loop turns meanwhile", async () => {
  const proving = prover.prove(honest, never, tree.root)
  const first = await Promise.race([proving.then(() => "proof"), setTimeout(1).then(() => "timer")])
  expect(first).toBe("timer")

  const { statement, proof, milliseconds } = await proving
  expect(statement).toEqual(statementOf(honest))
  expect(statement.root).toBe(tree.root)
  expect(proof).toHaveLength(256)
  expect(milliseconds).toBeGreaterThan(0)
  expect(verifyProof(statement, proof)).toEqual({ kind: "valid" })
})

const impossible: readonly { readonly name: string; readonly witness: Partial<Witness>; readonly reason: string }[] = [
  { name: "k at the quota", witness: { k: 3 }, reason: "k-not-below-quota" },
  { name: "a negative k", witness: { k: -1 }, reason: "k-not-below-quota" },
  { name: "a k that is no integer", witness: { k: 0.5 }, reason: "k-not-below-quota" },
  { name: "a quota of 2^16", witness: { quota: 65_536 }, reason: "quota-out-of-range" },
  { name: "a quota of zero", witness: { quota: 0, k: 0 }, reason: "quota-out-of-range" },
  { name: "a position outside the tree", witness: { leafIndex: 2 ** 20 }, reason: "leaf-index-out-of-range" },
  { name: "a short path", witness: { siblings: tree.path(2).slice(1) }, reason: "wrong-path-length" },
  { name: "somebody else's path", witness: { siblings: tree.path(1) }, reason: "path-misses-root" },
  { name: "a wrong secret", witness: { secret: element(5) }, reason: "path-misses-root" },
  { name: "a larger quota than registered", witness: { quota: 4 }, reason: "path-misses-root" },
]

test.for(impossible)("$name is impossible: $reason", async ({ witness, reason }) => {
  const refusal = await prover.prove({ ...honest, ...witness }, never, tree.root).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(ProofImpossible)
  expect(refusal).toHaveProperty("reason", reason)
})

test("an aborted proof rejects with the reason, those behind it are made all the same", async () => {
  const abort = new AbortController()
  const given = prover.prove(honest, abort.signal)
  const next = prover.prove({ ...honest, k: 2 }, never)
  await setTimeout(1)
  abort.abort(new Error("changed my mind"))
  await expect(given).rejects.toThrow("changed my mind")
  expect((await next).statement.nullifier).toBe(statementOf({ ...honest, k: 2 }).nullifier)
})

test("an aborted signal starts nothing", async () => {
  await expect(prover.prove(honest, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late")
})

test("a prover that closes gives up its proofs and leaves no process behind", async () => {
  const before = processes()
  const other = await Prover.open()
  const running = other.prove(honest, never)
  const waiting = other.prove(honest, never)
  const outcomes = Promise.allSettled([running, waiting])
  await setTimeout(1)
  expect(processes()).toBe(before + 1)
  await other[Symbol.asyncDispose]()
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: expect.any(ProverFailed) })
  await expect.poll(processes).toBe(before)
  await expect(other.prove(honest, never)).rejects.toThrow(ProverFailed)
})

test("a proving process that dies fails its proof, and the next proof has another", async () => {
  const ref = vi.spyOn(ChildProcess.prototype, "ref")
  const proving = prover.prove(honest, never)
  const failure = expect(proving).rejects.toThrow("the proving process ended")
  await expect.poll(() => ref.mock.contexts.length).toBe(1)
  const child = ref.mock.contexts[0] as ChildProcess
  child.kill("SIGKILL")
  await failure
  expect((await prover.prove(honest, never)).statement).toEqual(statementOf(honest))
})

test("the process ends ten seconds after the last proof", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  const ref = vi.spyOn(ChildProcess.prototype, "ref")
  const kill = vi.spyOn(ChildProcess.prototype, "kill")
  await using other = await Prover.open()
  await other.prove(honest, never)
  const [child] = ref.mock.contexts
  // That of the tests before this one may end meanwhile.
  const killed = (): number => kill.mock.contexts.filter((each) => each === child).length
  vi.advanceTimersByTime(9_999)
  expect(killed()).toBe(0)
  vi.advanceTimersByTime(1)
  expect(killed()).toBe(1)
  expect(kill).toHaveBeenLastCalledWith("SIGKILL")
})

test("proofs are made at a lower priority than this process has", async () => {
  const ref = vi.spyOn(ChildProcess.prototype, "ref")
  await using other = await Prover.open()
  await other.prove(honest, never)
  const child = ref.mock.contexts[0] as ChildProcess
  expect(getPriority(child.pid)).toBeGreaterThan(getPriority())
})

test("an idle prover keeps no program alive that forgets to close it", async () => {
  const index = join(import.meta.dirname, "../src/node/index.ts")
  const member = join(import.meta.dirname, "member.ts")
  const program = `
    import { Prover } from ${JSON.stringify(index)}
    import { honest } from ${JSON.stringify(member)}
    const prover = await Prover.open()
    const { proof } = await prover.prove(honest, new AbortController().signal)
    console.log(proof.length, process.getActiveResourcesInfo().includes("ProcessWrap"))`
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
  })
  expect(stdout.trim()).toBe("256 false")
})

test("artefacts that are missing or not the pinned ones are refused, at the start and before each use", async () => {
  const folder = await mkdtemp(join(tmpdir(), "starling-artifacts-"))
  try {
    await expect(Prover.open(folder)).rejects.toThrow(ProverFailed)
    await cp(ARTIFACTS, folder, { recursive: true })
    await using careful = await Prover.open(folder)
    await appendFile(join(folder, PROVING_KEY_FILE), "x")
    await expect(Prover.open(folder)).rejects.toThrow("not the pinned one")
    await expect(careful.prove(honest, never)).rejects.toThrow("not the pinned one")
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("two proofs of one statement share no bytes that link them", async () => {
  const [one, two] = await Promise.all([prover.prove(honest, never), prover.prove(honest, never)])
  expect(one.statement).toEqual(two.statement)
  for (let at = 0; at < 256; at += 32)
    expect(one.proof.subarray(at, at + 32)).not.toEqual(two.proof.subarray(at, at + 32))
})

test("two requests of one member share no public value but root and scope", () => {
  const one = statementOf({ ...honest, k: 0, context: FieldElement.of(1n) })
  const two = statementOf({ ...honest, k: 1, context: FieldElement.of(2n) })
  expect(one.nullifier).not.toBe(two.nullifier)
  expect(one.context).not.toBe(two.context)
})

function processes(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length
}
