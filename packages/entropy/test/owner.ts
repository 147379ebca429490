/** A process that opens the pool file named on its command line, says how that went, and stays until its input ends. */
import process from "node:process"

import { openPoolFile } from "@starling/entropy/node"

try {
  openPoolFile(process.argv[2] ?? "")
  process.stdout.write("opened\n")
  process.stdin.resume()
} catch (error) {
  process.stdout.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`)
}
