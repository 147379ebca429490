import { enableCompileCache } from "node:module"
import { fileURLToPath } from "node:url"

// Commands are short, and most of their time went into compiling. Where the folder can't be written, nothing is lost but that.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/starling", import.meta.url)))
const [{ runCli }, { readConfig }] = await Promise.all([import("./cli/run.ts"), import("./config.ts")])

// Who reads the output may stop doing so: `starling entropy log | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit(0)
})

process.exitCode = await runCli(process.argv.slice(2), readConfig(), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
})
