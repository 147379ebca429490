import { runCli } from "./cli/run.ts"
import { readConfig } from "./config.ts"

process.exitCode = await runCli(process.argv.slice(2), readConfig(), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
})
