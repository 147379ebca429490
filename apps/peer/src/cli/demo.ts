import type { Command } from "./command.ts"

export const demoCommand: Command = {
  words: ["demo"],
  parameters: [],
  options: ["no-open"],
  summary: "three peers and an EaaS in one go, to look at; Ctrl-C ends it",
  async run() {},
}
