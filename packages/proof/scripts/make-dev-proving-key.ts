/**
 * Makes the proving key for development: `npm run proving-key:dev`, several minutes of CPU time.
 *
 * One party alone makes it, and could keep the randomness with which false statements can be proved. A key for use
 * comes from a ceremony with several parties instead; see the README.
 */
import { randomBytes } from "node:crypto"
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { curves, powersOfTau, zKey } from "snarkjs"
import { compileCircuit } from "./compile-circuit.ts"
import { writePins } from "./write-pins.ts"

const PACKAGE = join(import.meta.dirname, "..")
const ARTIFACTS = join(PACKAGE, "artifacts")
/** 2^13 is the smallest domain above the number of constraints and public inputs. */
const POWER = 13

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "starling-proving-key-"))
  try {
    await make(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function make(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name)
  const circuit = await step("compile", () => compileCircuit(folder))
  const curve = await curves.getCurveFromName("bn128")
  await step("new accumulator", () => powersOfTau.newAccumulator(curve, POWER, at("0.ptau")))
  await step("powers of tau", () => powersOfTau.contribute(at("0.ptau"), at("1.ptau"), "development", secret()))
  await step("prepare phase 2", () => powersOfTau.preparePhase2(at("1.ptau"), at("2.ptau")))
  await step("new key", () => zKey.newZKey(circuit.r1cs, at("2.ptau"), at("0.zkey")))
  await step("phase 2", () => zKey.contribute(at("0.zkey"), at("1.zkey"), "development", secret()))
  const sound = await step("verify the key", () => zKey.verifyFromR1cs(circuit.r1cs, at("2.ptau"), at("1.zkey")))
  if (!sound) throw new Error("the new key does not belong to the circuit")
  const verifyingKey = await zKey.exportVerificationKey(at("1.zkey"))
  await curve.terminate()

  await copyFile(circuit.wasm, join(ARTIFACTS, "key-request.wasm"))
  await copyFile(at("1.zkey"), join(ARTIFACTS, "key-request.INSECURE-DEV.zkey"))
  const json = `${JSON.stringify(verifyingKey, undefined, 2)}\n`
  await writeFile(join(ARTIFACTS, "key-request.INSECURE-DEV.vkey.json"), json)
  await writePins(PACKAGE, circuit.r1cs, "development")
}

/** The toxic waste: it leaves this process by no other way than through the key. */
function secret(): string {
  return randomBytes(64).toString("hex")
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await work()
  process.stdout.write(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`)
  return result
}

await main()
