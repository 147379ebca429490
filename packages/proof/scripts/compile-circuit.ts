import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)
const require = createRequire(import.meta.url)

export interface CompiledCircuit {
  /** Path of the constraint system. */
  readonly r1cs: string
  /** Path of the program that calculates witnesses. */
  readonly wasm: string
  /** Path of the table of signal names, one `label,wire,component,name` per line. */
  readonly sym: string
}

export const CIRCUIT = join(import.meta.dirname, "../circuits/key-request.circom")

/** Compiles the circuit, or another file of its name, into `folder`; the same source gives the same bytes in any folder. Needs the development dependencies. */
export async function compileCircuit(folder: string, circuit = CIRCUIT): Promise<CompiledCircuit> {
  const library = dirname(dirname(require.resolve("circomlib/package.json")))
  const compiler = require.resolve("circom2/cli.js")
  const options = ["--r1cs", "--wasm", "--sym", "--O2", "-l", library, "-o", folder]
  // The compiler sees the folders above its working directory only.
  await run(process.execPath, [compiler, circuit, ...options], { cwd: dirname(library) })
  return {
    r1cs: join(folder, "key-request.r1cs"),
    wasm: join(folder, "key-request_js/key-request.wasm"),
    sym: join(folder, "key-request.sym"),
  }
}
