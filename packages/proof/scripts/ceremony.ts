/**
 * The trusted setup with several contributors: `npm run ceremony -- COMMAND`.
 *
 *   start FOLDER [--powers FILE.ptau]     begins; a public phase 1 spares making one
 *   contribute FOLDER NAME                on the contributor's own machine, on a copy of the folder that goes round
 *   beacon FOLDER HEX SOURCE              ends phase 1, and then phase 2
 *   verify [FOLDER]                       checks all of it, and the pinned key; without a folder, what stands in the repository
 *   publish FOLDER                        makes the key the one that clients and servers use
 */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { ARTIFACTS, provingKeyIsDevelopment } from "@starling/proof"
import { zKey } from "snarkjs"
import { beacon, contribute, start, verify } from "./ceremony/ceremony.ts"
import { CeremonyError, sha256Of } from "./ceremony/transcript.ts"
import { CIRCUIT, compileCircuit, type CompiledCircuit } from "./compile-circuit.ts"
import { writePins } from "./write-pins.ts"

const PACKAGE = join(import.meta.dirname, "..")
/** The ceremony of the key in use, where there was one. */
const PUBLISHED = join(PACKAGE, "ceremony")
/** 2^13 is the smallest domain above the number of constraints and public inputs. */
const POWER = 13

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    powers: { type: "string" },
    /** Another circuit of the same file name, and its size: for trying the ceremony out. */
    circuit: { type: "string", default: CIRCUIT },
    power: { type: "string", default: String(POWER) },
    /** Where the key is published: for trying that out. */
    package: { type: "string", default: PACKAGE },
  },
})
const scratch = await mkdtemp(join(tmpdir(), "starling-ceremony-"))
try {
  await run(positionals)
} catch (error) {
  if (!(error instanceof CeremonyError)) throw error
  console.error(error.message)
  process.exitCode = 1
} finally {
  await rm(scratch, { recursive: true, force: true })
}
// The library's threads would keep the process.
process.exit()

async function run([command = "", folder, first, second]: readonly string[]): Promise<void> {
  switch (command) {
    case "start":
      await start(required(folder), { r1cs: (await compiled()).r1cs, power: Number(values.power) }, values.powers)
      return console.log("Begun. Hand the folder to the first contributor.")
    case "contribute":
      return console.log(`Publish this where others find it: ${await contribute(required(folder), required(first))}`)
    case "beacon":
      return console.log(await beacon(required(folder), required(first), required(second), (await compiled()).r1cs))
    case "verify":
      return await verifyAll(folder)
    case "publish":
      return await publish(required(folder))
    default:
      throw new CeremonyError("Commands: start, contribute, beacon, verify, publish.")
  }
}

async function verifyAll(folder: string | undefined): Promise<void> {
  if (folder === undefined && !existsSync(PUBLISHED)) {
    if (!provingKeyIsDevelopment)
      throw new CeremonyError(`The pinned key claims a ceremony, and ${PUBLISHED} is not there.`)
    return console.log("The pinned key is a development key: there was no ceremony, and production refuses it.")
  }
  const key = await verify(folder ?? PUBLISHED, (await compiled()).r1cs, scratch)
  const isPinned = sha256Of(key) === ARTIFACTS.provingKey
  if (folder === undefined && !isPinned) throw new CeremonyError("The pinned key is not the one of the ceremony.")
  console.log(`Sound. The key ${sha256Of(key)} is ${isPinned ? "the pinned one" : "not pinned here"}.`)
}

/** Once the beacon is in: the key, its verifying key and the digests of both become what everybody proves and checks with. */
async function publish(folder: string): Promise<void> {
  const { r1cs, wasm } = await compiled()
  const key = await verify(folder, r1cs, scratch)
  const at = (name: string): string => join(values.package, "artifacts", name)
  await copyFile(wasm, at("key-request.wasm"))
  await copyFile(key, at("key-request.zkey"))
  const verifyingKey = await zKey.exportVerificationKey(key)
  await writeFile(at("key-request.vkey.json"), `${JSON.stringify(verifyingKey, undefined, 2)}\n`)
  await writePins(values.package, r1cs, "ceremony")
  console.log(`Pinned. Keep the folder in ${PUBLISHED}, so that CI verifies it, and remove the development key.`)
}

async function compiled(): Promise<CompiledCircuit> {
  return await compileCircuit(scratch, values.circuit)
}

function required(argument: string | undefined): string {
  if (argument === undefined) throw new CeremonyError("Something is missing; the commands are in scripts/ceremony.ts.")
  return argument
}
