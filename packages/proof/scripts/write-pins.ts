import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { VerifyingKeyJson } from "snarkjs"

/** Who made the key: one alone, for development, or several in a ceremony. */
export type KeyOrigin = "development" | "ceremony"

/** Writes `src/artifacts.ts` and `src/verifying-key.ts` of a package from what stands in its `artifacts/` and from the compiled circuit. */
export async function writePins(folder: string, r1cs: string, origin: KeyOrigin): Promise<void> {
  const name = origin === "development" ? "key-request.INSECURE-DEV" : "key-request"
  const command = origin === "development" ? "npm run proving-key:dev" : "npm run ceremony -- publish"
  const at = (name: string): string => join(folder, "artifacts", name)
  const provingKey = await digest(at(`${name}.zkey`))
  const witnessProgram = await digest(at("key-request.wasm"))
  const verifyingKey = await digest(at(`${name}.vkey.json`))
  const constraints = await digest(r1cs)
  const circuitId = sha256(Buffer.from(constraints + witnessProgram + provingKey + verifyingKey, "hex"))
  await writeFile(
    join(folder, "src/artifacts.ts"),
    `/** Written by \`${command}\`. SHA-256 of everything that proofs are made and checked with, in hexadecimal. */
export const ARTIFACTS = {
  /** The compiled constraint system. It is not kept: compiling the circuit gives it again. */
  constraints: "${constraints}",
  witnessProgram: "${witnessProgram}",
  provingKey: "${provingKey}",
  verifyingKey: "${verifyingKey}",
} as const

/** Names circuit and keys together: SHA-256 over the four digests in the order above. Two sides with the same id understand each other's proofs. */
export const circuitId = "${circuitId}"

/** True where the maker of the proving key could prove false statements: not for use. */
export const provingKeyIsDevelopment: boolean = ${origin === "development"}

/** In \`artifacts/\`. */
export const PROVING_KEY_FILE = "${name}.zkey"
export const VERIFYING_KEY_FILE = "${name}.vkey.json"
`,
  )
  const json: VerifyingKeyJson = JSON.parse(await readFile(at(`${name}.vkey.json`), "utf8"))
  await writeFile(join(folder, "src/verifying-key.ts"), verifyingKeySource(json, command))
}

function verifyingKeySource(key: VerifyingKeyJson, command: string): string {
  return `/** Written by \`${command}\`. Affine coordinates; those in Fp2 are [c0, c1] for c0 + c1·u. */
export const VERIFYING_KEY = {
  alpha: ${g1(key.vk_alpha_1)},
  beta: ${g2(key.vk_beta_2)},
  gamma: ${g2(key.vk_gamma_2)},
  delta: ${g2(key.vk_delta_2)},
  /** For the constant one, then root, nullifier, scope and context. */
  publicInputs: [
${key.IC.map((point) => `    ${g1(point)},`).join("\n")}
  ],
} as const
`
}

function g1(point: readonly string[]): string {
  return `{ x: ${point[0]}n, y: ${point[1]}n }`
}

function g2(point: readonly (readonly string[])[]): string {
  return `{ x: [${point[0]?.join("n, ")}n], y: [${point[1]?.join("n, ")}n] }`
}

async function digest(path: string): Promise<string> {
  return sha256(await readFile(path))
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex")
}
