import { randomBytes } from "node:crypto"
import { copyFileSync, existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { curves, powersOfTau, zKey, type Logger } from "snarkjs"
import {
  CeremonyError,
  fileOf,
  readTranscript,
  sha256Of,
  writeTranscript,
  type Phase,
  type Step,
} from "./transcript.ts"

/** What one who makes a key alone could keep is out of reach as soon as one of these didn't. */
const MOST_FEW = 2
/** The beacon is hashed 2^10 times: it is public, and nobody shall have tried many. */
const BEACON_ITERATIONS = 10

const prepared = (folder: string): string => join(folder, "powers-prepared.ptau")

/** Begins a ceremony for a compiled circuit; with `powers`, on a phase 1 that was made elsewhere and ended by its beacon. */
export async function start(
  folder: string,
  circuit: { readonly r1cs: string; readonly power: number },
  powers: string | undefined,
): Promise<void> {
  if (existsSync(join(folder, "ceremony.json"))) throw new CeremonyError(`There is a ceremony in ${folder} already.`)
  mkdirSync(folder, { recursive: true })
  const transcript = { version: 1, power: circuit.power, constraints: sha256Of(circuit.r1cs), steps: [] } as const
  if (powers === undefined) {
    await onCurve(async (curve) => {
      await powersOfTau.newAccumulator(curve, circuit.power, fileOf(folder, "powers", []))
    })
    writeTranscript(folder, transcript)
  } else {
    if (!(await powersOfTau.verify(powers))) throw new CeremonyError(`${powers} is no valid phase 1.`)
    copyFileSync(powers, fileOf(folder, "powers", []))
    writeTranscript(folder, { ...transcript, importedPowers: sha256Of(powers) })
    await beginKey(folder, circuit.r1cs)
  }
}

/** Adds this person's randomness, which nobody ever sees, to the phase that is open. Gives what to publish. */
export async function contribute(folder: string, name: string): Promise<string> {
  if (!/^[^\p{Cc}:]{1,64}$/u.test(name))
    throw new CeremonyError("A contributor's name has 1 to 64 characters, and no colon.")
  return await step(folder, "contribution", name, async (phase, from, to) => {
    const secret = randomBytes(64).toString("hex")
    if (phase === "powers") await powersOfTau.contribute(from, to, name, secret)
    else await zKey.contribute(from, to, name, secret)
  })
}

/**
 * Ends the open phase with randomness that is public, and that nobody knew when the last contribution was published: the
 * hash of a block to come, or the pulse of a beacon. The end of phase 1 begins phase 2.
 */
export async function beacon(folder: string, hex: string, source: string, r1cs: string): Promise<string> {
  if (!/^(?:[0-9a-f]{2}){16,255}$/.test(hex)) throw new CeremonyError("A beacon is 16 to 255 bytes in hexadecimal.")
  const { steps } = readTranscript(folder)
  const phase = openPhase(folder)
  requireContributors(steps, phase)
  const digest = await step(folder, "beacon", source, async (_, from, to) => {
    if (phase === "powers") {
      await onCurve(async () => await powersOfTau.beacon(from, to, source, hex, BEACON_ITERATIONS))
    } else await zKey.beacon(from, to, source, hex, BEACON_ITERATIONS)
  })
  if (phase === "powers") await beginKey(folder, r1cs)
  return digest
}

/**
 * Checks the whole of it anew, from the circuit's source on: that phase 1 is sound, that the key is the circuit's, that every
 * contribution follows from the one before it, and that those who are named are those in the files. Gives the key's path; `scratch` takes files of the meantime.
 */
export async function verify(folder: string, r1cs: string, scratch: string): Promise<string> {
  const { steps, constraints, importedPowers } = readTranscript(folder)
  if (sha256Of(r1cs) !== constraints) throw new CeremonyError("The ceremony is for another circuit.")
  if (importedPowers === undefined) requireEnded(steps, "powers")
  requireEnded(steps, "key")
  const [powers, key] = [fileOf(folder, "powers", steps), fileOf(folder, "key", steps)]
  if (importedPowers !== undefined && sha256Of(powers) !== importedPowers)
    throw new CeremonyError("Phase 1 is not the one that was imported.")
  const ofPowers = await requireSound("Phase 1", async (logger) => await powersOfTau.verify(powers, logger))
  if (importedPowers === undefined) requireNamed(steps, "powers", ofPowers)
  // Made anew: a prepared file that was handed on could be another phase 1's.
  const again = join(scratch, "powers-prepared.ptau")
  await powersOfTau.preparePhase2(powers, again)
  const ofKey = await requireSound("The key", async (logger) => await zKey.verifyFromR1cs(r1cs, again, key, logger))
  requireNamed(steps, "key", ofKey)
  const before: Step[] = []
  for (const it of steps) {
    before.push(it)
    const path = fileOf(folder, it.phase, before)
    if (existsSync(path) && sha256Of(path) !== it.sha256)
      throw new CeremonyError(`${path} is not what ${it.name} made.`)
  }
  return key
}

/** The phase that takes contributions. Throws `CeremonyError` where all is done. */
function openPhase(folder: string): Phase {
  const { steps, importedPowers } = readTranscript(folder)
  const isEnded = (phase: Phase): boolean => steps.some((it) => it.phase === phase && it.kind === "beacon")
  if (importedPowers === undefined && !isEnded("powers")) return "powers"
  if (!isEnded("key")) return "key"
  throw new CeremonyError("The ceremony is over.")
}

async function step(
  folder: string,
  kind: Step["kind"],
  name: string,
  make: (phase: Phase, from: string, to: string) => Promise<void>,
): Promise<string> {
  const transcript = readTranscript(folder)
  const phase = openPhase(folder)
  const from = fileOf(folder, phase, transcript.steps)
  const draft: Step = { phase, kind, name, sha256: "" }
  const to = fileOf(folder, phase, [...transcript.steps, draft])
  await make(phase, from, to)
  const sha256 = sha256Of(to)
  writeTranscript(folder, { ...transcript, steps: [...transcript.steps, { ...draft, sha256 }] })
  return sha256
}

async function beginKey(folder: string, r1cs: string): Promise<void> {
  const { steps } = readTranscript(folder)
  await powersOfTau.preparePhase2(fileOf(folder, "powers", steps), prepared(folder))
  if ((await zKey.newZKey(r1cs, prepared(folder), fileOf(folder, "key", []))) === -1)
    throw new CeremonyError("The circuit is too large for this phase 1.")
}

function requireContributors(steps: readonly Step[], phase: Phase): void {
  const names = new Set(steps.filter((it) => it.phase === phase && it.kind === "contribution").map(({ name }) => name))
  if (names.size < MOST_FEW)
    throw new CeremonyError(`At least ${MOST_FEW} people contribute before the beacon; so far it was ${names.size}.`)
}

function requireEnded(steps: readonly Step[], phase: Phase): void {
  requireContributors(steps, phase)
  if (steps.findLast((it) => it.phase === phase)?.kind !== "beacon")
    throw new CeremonyError("No beacon has ended the ceremony yet.")
}

async function requireSound(what: string, check: (logger: Logger) => Promise<boolean>): Promise<readonly string[]> {
  const told: string[] = []
  const errors: string[] = []
  const logger = {
    info: (text: string) => void told.push(text),
    error: (text: string) => void errors.push(text),
    warn: () => undefined,
    debug: () => undefined,
  }
  const sound = await check(logger).catch((error: unknown) => {
    errors.push(error instanceof Error ? error.message : "unreadable")
    return false
  })
  if (!sound) throw new CeremonyError(`${what} is not sound: ${errors.join("; ")}`)
  return told
}

/** The contributions in the file are those of the transcript, in its order. */
function requireNamed(steps: readonly Step[], phase: Phase, told: readonly string[]): void {
  const [inFile, named] = [contributionsIn(told), steps.filter((it) => it.phase === phase)]
  const same = named.every((it, i) => inFile[i]?.name === it.name && inFile[i].isBeacon === (it.kind === "beacon"))
  if (!same || inFile.length !== named.length)
    throw new CeremonyError(`The contributions in the files of phase "${phase}" are not those of the transcript.`)
}

/** As the library tells them: the last one first, each in a text of its own, a beacon's with more texts. */
function contributionsIn(told: readonly string[]): readonly { readonly name: string; readonly isBeacon: boolean }[] {
  const found: { name: string; isBeacon: boolean }[] = []
  for (const text of told) {
    const name = /^Contribution #\d+: (.*)$/.exec(text)?.[1] ?? /^contribution #\d+ (.*):/.exec(text)?.[1]
    const last = found.at(-1)
    if (name !== undefined) found.push({ name, isBeacon: false })
    else if (text.startsWith("Beacon generator: ") && last !== undefined) last.isBeacon = true
  }
  return found.toReversed()
}

async function onCurve(
  work: (curve: Awaited<ReturnType<typeof curves.getCurveFromName>>) => Promise<unknown>,
): Promise<void> {
  const curve = await curves.getCurveFromName("bn128")
  await work(curve)
}
