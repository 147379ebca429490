import { existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { CliError } from "./cli-error.ts"
import type { Command } from "./command.ts"

const PATIENCE_MS = 10_000

export const sessionCommands: readonly Command[] = [
  {
    words: ["ui"],
    parameters: [],
    options: [],
    summary: "a fresh link to the UI; it works once",
    async run({ connect, output }) {
      output.item(await connect().post<{ ui: string }>("/api/ui-link"), ({ ui }) => ui)
    },
  },
  {
    words: ["stop"],
    parameters: [],
    options: [],
    summary: "stop the daemon",
    async run({ connect, output, dataFolder }) {
      await connect().post("/api/shutdown")
      const deadline = performance.now() + PATIENCE_MS
      // The daemon removes it once everything else is closed.
      while (existsSync(join(dataFolder, "api.json"))) {
        if (performance.now() > deadline)
          throw new CliError("still-running", "the daemon was told to stop and has not ended yet")
        await pause(20)
      }
      output.item({ stopped: true }, () => "stopped")
    },
  },
]
