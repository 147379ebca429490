import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import type { VERIFYING_KEY } from "@starling/proof"
import { groth16, wtns, type VerifyingKeyJson } from "snarkjs"
import { afterAll, beforeAll, expect, test } from "vitest"

const PROGRAM = join(import.meta.dirname, "../scripts/ceremony.ts")
const root = mkdtempSync(join(tmpdir(), "starling-ceremony-test-"))
const [circuit, other, folder] = [join(root, "key-request.circom"), join(root, "other"), join(root, "ceremony")]

/** A circuit as small as one can be: what is tried here is the ceremony. */
const PRODUCT = `pragma circom 2.1.9;
template Product() { signal input a; signal input b; signal output c; c <== a * b; }
component main { public [a] } = Product();
`

async function ceremony(...args: readonly string[]) {
  const size = ["--circuit", circuit, "--power", "4"]
  const child = spawn(process.execPath, [PROGRAM, ...args, ...size], { stdio: ["ignore", "pipe", "pipe"] })
  let [out, err] = ["", ""]
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()))
  await once(child, "close")
  return { code: child.exitCode, out: out.trim(), err: err.trim() }
}

const did = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await ceremony(...args)
  if (code !== 0) throw new Error(`${args.join(" ")}: ${err}`)
  return out
}

const copyOf = (name: string): string => {
  const copy = join(root, name)
  cpSync(folder, copy, { recursive: true })
  return copy
}

beforeAll(async () => {
  writeFileSync(circuit, PRODUCT)
  await did("start", folder)
  for (const phase of [1, 2]) {
    await did("contribute", folder, "the AS's operator")
    expect(await ceremony("beacon", folder, "ab".repeat(32), "too early")).toMatchObject({
      code: 1,
      err: "At least 2 people contribute before the beacon; so far it was 1.",
    })
    expect(await did("contribute", folder, "the PVS's operator")).toMatch(
      /^Publish this where others find it: [0-9a-f]{64}$/,
    )
    await did("beacon", folder, `${phase}0`.repeat(32), "a block")
  }
}, 180_000)

afterAll(() => rmSync(root, { recursive: true, force: true }))

test("several contribute and a beacon ends it: anybody can verify the whole from the circuit on", async () => {
  expect(await did("verify", folder)).toMatch(/^Sound\. The key [0-9a-f]{64} is not pinned here\.$/)
  expect(await ceremony("contribute", folder, "somebody late")).toMatchObject({ code: 1, err: "The ceremony is over." })
})

/** What somebody imports who uses the published key. */
interface Published {
  readonly ARTIFACTS: Readonly<Record<"constraints" | "witnessProgram" | "provingKey" | "verifyingKey", string>>
  readonly circuitId: string
  readonly provingKeyIsDevelopment: boolean
  readonly PROVING_KEY_FILE: string
  readonly VERIFYING_KEY: typeof VERIFYING_KEY
}

const emptyPackage = (name: string): string => {
  const destination = join(root, name)
  for (const part of ["artifacts", "src"]) mkdirSync(join(destination, part), { recursive: true })
  return destination
}

test("the key is published with the digests that clients and servers check, and proves to who has them", async () => {
  const destination = emptyPackage("published")
  expect(await did("publish", folder, "--package", destination)).toMatch(/^Pinned\. /)
  const load = async (file: string): Promise<Published> =>
    (await import(/* @vite-ignore */ pathToFileURL(join(destination, "src", file)).href)) as Published
  const { ARTIFACTS: pinned, circuitId, provingKeyIsDevelopment, PROVING_KEY_FILE } = await load("artifacts.ts")
  const { VERIFYING_KEY: key } = await load("verifying-key.ts")
  const file = (name: string): Buffer => readFileSync(join(destination, "artifacts", name))
  const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
  expect({ provingKeyIsDevelopment, PROVING_KEY_FILE }).toEqual({
    provingKeyIsDevelopment: false,
    PROVING_KEY_FILE: "key-request.zkey",
  })
  const transcript = JSON.parse(readFileSync(join(folder, "ceremony.json"), "utf8")) as {
    constraints: string
    steps: { sha256: string }[]
  }
  expect(pinned).toEqual({
    constraints: transcript.constraints,
    witnessProgram: sha256(file("key-request.wasm")),
    provingKey: transcript.steps.at(-1)!.sha256,
    verifyingKey: sha256(file("key-request.vkey.json")),
  })
  expect(pinned.provingKey).toBe(sha256(file("key-request.zkey")))
  expect(circuitId).toBe(sha256(Buffer.from(Object.values(pinned).join(""), "hex")))

  const json = JSON.parse(file("key-request.vkey.json").toString("utf8")) as VerifyingKeyJson
  expect([key.alpha.x, key.alpha.y].map(String)).toEqual(json.vk_alpha_1.slice(0, 2))
  expect([...key.delta.x, ...key.delta.y].map(String)).toEqual(json.vk_delta_2.slice(0, 2).flat())
  expect(key.publicInputs.map(({ x, y }) => [String(x), String(y)])).toEqual(json.IC.map((point) => point.slice(0, 2)))
  const witness = join(destination, "witness.wtns")
  await wtns.calculate({ a: 3n, b: 7n }, file("key-request.wasm"), witness, { memorySize: 1 })
  const made = await groth16.prove(file("key-request.zkey"), witness)
  expect(made.publicSignals).toEqual(["21", "3"])
  expect(await groth16.verify(json, made.publicSignals, made.proof)).toBe(true)
})

test("a ceremony that is not sound is not published, and leaves the package as it is", async () => {
  const [unsound, destination] = [copyOf("unsound"), emptyPackage("untouched")]
  copyFileSync(join(unsound, "key-002.zkey"), join(unsound, "key-003.zkey"))
  expect(await ceremony("publish", unsound, "--package", destination)).toMatchObject({ code: 1 })
  expect(readdirSync(destination, { recursive: true, encoding: "utf8" }).toSorted()).toEqual(["artifacts", "src"])
})

test("a key that somebody else made in its place is found out", async () => {
  const forged = copyOf("forged")
  const transcript = JSON.parse(readFileSync(join(forged, "ceremony.json"), "utf8")) as { steps: { name: string }[] }
  // The last contributor's key, without the beacon.
  copyFileSync(join(forged, "key-002.zkey"), join(forged, "key-003.zkey"))
  expect(await ceremony("verify", forged)).toMatchObject({
    code: 1,
    err: 'The contributions in the files of phase "key" are not those of the transcript.',
  })
  const renamed = copyOf("renamed")
  transcript.steps[1]!.name = "somebody famous"
  writeFileSync(join(renamed, "ceremony.json"), JSON.stringify(transcript))
  expect(await ceremony("verify", renamed)).toMatchObject({
    code: 1,
    err: 'The contributions in the files of phase "powers" are not those of the transcript.',
  })
})

test("a key for another circuit is found out, and so is a phase 1 that was exchanged", async () => {
  const exchanged = copyOf("exchanged")
  await did("start", other)
  for (const name of ["the AS's operator", "the PVS's operator"]) await did("contribute", other, name)
  await did("beacon", other, "10".repeat(32), "a block")
  copyFileSync(join(other, "powers-003.ptau"), join(exchanged, "powers-003.ptau"))
  expect((await ceremony("verify", exchanged)).err).toMatch(/^The key is not sound: /)
  writeFileSync(circuit, PRODUCT.replace("a * b", "a * b + a"))
  expect(await ceremony("verify", folder)).toMatchObject({ code: 1, err: "The ceremony is for another circuit." })
})
