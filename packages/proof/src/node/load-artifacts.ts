import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { ARTIFACTS, PROVING_KEY_FILE } from "../artifacts.ts"
import { ProverFailed } from "./prover-failed.ts"

export interface ProvingArtifacts {
  readonly witnessProgram: Uint8Array
  readonly provingKey: Uint8Array
}

/** Where the artefacts stand in the repository. */
export const ARTIFACTS_FOLDER = join(import.meta.dirname, "../../artifacts")

/** Reads what proving needs and compares it with the pinned digests: a foreign proving key could leak the witness. */
export async function loadArtifacts(folder: string): Promise<ProvingArtifacts> {
  const [witnessProgram, provingKey] = await Promise.all([
    load(join(folder, "key-request.wasm"), ARTIFACTS.witnessProgram),
    load(join(folder, PROVING_KEY_FILE), ARTIFACTS.provingKey),
  ])
  return { witnessProgram, provingKey }
}

async function load(path: string, pinned: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw new ProverFailed(`can't read ${path}`, { cause })
  }
  if (createHash("sha256").update(bytes).digest("hex") !== pinned)
    throw new ProverFailed(`${path} is not the pinned one`)
  return bytes
}
