import type { Command } from "./command.ts"

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
    async run({ connect, output }) {
      await connect().post("/api/shutdown")
      output.item({ stopped: true }, () => "stopped")
    },
  },
]
