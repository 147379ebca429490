import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { bn254 } from "@noble/curves/bn254.js"
import {
  ARTIFACTS,
  circuitId,
  PROVING_KEY_FILE,
  provingKeyIsDevelopment,
  VERIFYING_KEY,
  VERIFYING_KEY_FILE,
} from "@starling/proof"
import type { VerifyingKeyJson } from "snarkjs"
import { expect, test } from "vitest"

const FOLDER = join(import.meta.dirname, "../artifacts")

test.for([
  { file: "key-request.wasm", digest: ARTIFACTS.witnessProgram },
  { file: PROVING_KEY_FILE, digest: ARTIFACTS.provingKey },
  { file: VERIFYING_KEY_FILE, digest: ARTIFACTS.verifyingKey },
])("$file is the pinned one", async ({ file, digest }) => {
  expect(sha256(await readFile(join(FOLDER, file)))).toBe(digest)
})

test("the circuit's id is the hash over the pinned digests, and keys for development own up to it in their names", () => {
  const { constraints, witnessProgram, provingKey, verifyingKey } = ARTIFACTS
  expect(circuitId).toBe(sha256(Buffer.from(constraints + witnessProgram + provingKey + verifyingKey, "hex")))
  for (const file of [PROVING_KEY_FILE, VERIFYING_KEY_FILE])
    expect(file.includes("INSECURE-DEV")).toBe(provingKeyIsDevelopment)
})

test("the verifying key in the source is the one in the file", async () => {
  const json: VerifyingKeyJson = JSON.parse(await readFile(join(FOLDER, VERIFYING_KEY_FILE), "utf8"))
  const { alpha, beta, gamma, delta, publicInputs } = VERIFYING_KEY
  const g1 = ({ x, y }: { readonly x: bigint; readonly y: bigint }): string[] => [`${x}`, `${y}`, "1"]
  const g2 = ({ x, y }: { readonly x: readonly bigint[]; readonly y: readonly bigint[] }): string[][] => [
    x.map(String),
    y.map(String),
    ["1", "0"],
  ]
  expect(json).toMatchObject({ protocol: "groth16", curve: "bn128", nPublic: 4 })
  expect(json.vk_alpha_1).toEqual(g1(alpha))
  expect(json.vk_beta_2).toEqual(g2(beta))
  expect(json.vk_gamma_2).toEqual(g2(gamma))
  expect(json.vk_delta_2).toEqual(g2(delta))
  expect(json.IC).toEqual(publicInputs.map(g1))
})

test("every public input has a point of its own, so that none can be changed for free", () => {
  const points = VERIFYING_KEY.publicInputs.map((point) => bn254.G1.Point.fromAffine(point))
  for (const point of points) point.assertValidity()
  for (const point of points) expect(point.is0()).toBe(false)
  const keys = points.flatMap((point) => [point, point.negate()]).map((point) => `${point.x} ${point.y}`)
  expect(new Set(keys).size).toBe(10)
})

test("gamma and delta have been taken apart by a contribution", () => {
  const [gamma, delta] = [VERIFYING_KEY.gamma, VERIFYING_KEY.delta]
  expect(delta).not.toEqual(gamma)
})

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex")
}
