import type { Command } from "./command.ts"
import { describeOption } from "./options.ts"

/** All commands, one line each. */
export function help(commands: readonly Command[]): string {
  const lines = commands.map((command) => `  ${usageOf(command).padEnd(32)} ${command.summary}`)
  return [
    "starling COMMAND [--data DIR] [--json]",
    "",
    ...lines,
    "",
    "PEER is an identity or a PeerId, G a group's UUID. `starling COMMAND --help` lists a command's options.",
    "Options stand before `--`; what follows it is taken as it is: `starling send --json G -- -x`.",
    "",
  ].join("\n")
}

/** One command with its options. */
export function helpFor(command: Command): string {
  const options = [...command.options, "data", "json"] as const
  return [
    `starling ${usageOf(command)}`,
    command.summary,
    "",
    ...options.map((name) => `  ${describeOption(name)}`),
    "",
  ].join("\n")
}

function usageOf(command: Command): string {
  return [...command.words, ...command.parameters].join(" ")
}
