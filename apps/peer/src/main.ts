import { runCli } from "./cli/run.ts"
import { readConfig } from "./config.ts"

// Who reads the output may stop doing so: `starling entropy log | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit(0)
})

process.exitCode = await runCli(process.argv.slice(2), readConfig(), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
})
