import { createHash } from "node:crypto"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** The command can't be done; the message is for the person at the keyboard. */
export class CeremonyError extends Error {
  override readonly name = "CeremonyError"
}

/** Phase 1 is about any circuit of a size, phase 2 about this one; each is a chain of contributions that a beacon ends. */
export type Phase = "powers" | "key"

export interface Step {
  readonly phase: Phase
  readonly kind: "contribution" | "beacon"
  /** Whose; of a beacon, where it came from. */
  readonly name: string
  /** Of the file that the step made, in hexadecimal: what its author publishes elsewhere, and compares later. */
  readonly sha256: string
}

/** `ceremony.json`: what was done, in order. What is believed of it is what the files themselves show. */
export interface Transcript {
  readonly version: 1
  /** 2^power is above the number of constraints and public inputs. */
  readonly power: number
  /** SHA-256 of the compiled circuit. */
  readonly constraints: string
  /** SHA-256 of phase 1 as it came from elsewhere; absent where its contributions were made here. */
  readonly importedPowers?: string
  readonly steps: readonly Step[]
}

const FILE = "ceremony.json"

export function readTranscript(folder: string): Transcript {
  const path = join(folder, FILE)
  if (!existsSync(path)) throw new CeremonyError(`There is no ceremony in ${folder}. Begin one with: start`)
  const transcript: Transcript = JSON.parse(readFileSync(path, "utf8"))
  if (transcript.version !== 1) throw new CeremonyError(`${path} was written by a newer version.`)
  return transcript
}

export function writeTranscript(folder: string, transcript: Transcript): void {
  const path = join(folder, FILE)
  writeFileSync(`${path}.new`, `${JSON.stringify(transcript, undefined, 2)}\n`)
  renameSync(`${path}.new`, path)
}

/** Where the file stands that the last step of a phase made; number 0 is the one that nobody has contributed to. */
export function fileOf(folder: string, phase: Phase, steps: readonly Step[]): string {
  const number = steps.filter((step) => step.phase === phase).length
  return join(folder, `${phase}-${String(number).padStart(3, "0")}.${phase === "powers" ? "ptau" : "zkey"}`)
}

export function sha256Of(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex")
}
