import { resolve } from "node:path"
import { GroupUuid } from "../api/contract.ts"
import type { Config } from "../config.ts"
import { ApiClient } from "./api-client.ts"
import { CliError, usageError } from "./cli-error.ts"
import type { Command } from "./command.ts"
import { COMMANDS } from "./commands.ts"
import { help, helpFor } from "./help.ts"
import { parseCommandLine, type OptionName, type Options } from "./options.ts"
import { createOutput, type Streams } from "./output.ts"
import { jsonLine, oneLine } from "./terminal-text.ts"

const EVERYWHERE: ReadonlySet<string> = new Set(["data", "json", "help"] satisfies OptionName[])

/** Runs one command line and returns its exit status: 0, 1 where the work failed, 2 where the command line was wrong. */
export async function runCli(argv: readonly string[], config: Config, streams: Streams): Promise<number> {
  try {
    await run(argv, config, streams)
    return 0
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    const json = argv.includes("--json")
    streams.err(
      json
        ? jsonLine({ error: { code: error.code, message: error.message } })
        : `starling: ${oneLine(error.message)}\n`,
    )
    return error.exitStatus
  }
}

async function run(argv: readonly string[], config: Config, streams: Streams): Promise<void> {
  const { options, positionals } = parseCommandLine(argv)
  const output = createOutput(streams, options.json === true)
  if (positionals.length === 0 || positionals[0] === "help") {
    if (positionals.length === 0 && options.help !== true)
      throw usageError("which command? `starling --help` lists them")
    streams.out(help(COMMANDS))
    return
  }
  const command = findCommand(positionals)
  if (options.help === true) {
    streams.out(helpFor(command))
    return
  }
  checkOptions(command, options)
  if (options.data === "") throw usageError("--data takes a folder")
  const dataFolder = resolve(options.data ?? config.dataFolder)
  await command.run({
    config,
    dataFolder,
    options,
    arguments: checkArguments(command, positionals.slice(command.words.length)),
    output,
    connect: () => ApiClient.connect(dataFolder),
  })
}

function findCommand(positionals: readonly string[]): Command {
  const found = COMMANDS.find(({ words }) => words.every((word, i) => positionals[i] === word))
  if (found !== undefined) return found
  const group = COMMANDS.filter(({ words }) => words.length > 1 && words[0] === positionals[0])
  if (group.length === 0)
    throw usageError(`there is no command "${positionals[0] ?? ""}": \`starling --help\` lists them`)
  const verbs = group.map(({ words }) => words[1]).join(", ")
  throw usageError(`\`starling ${positionals[0] ?? ""}\` takes one of: ${verbs}`)
}

function checkOptions(command: Command, options: Options): void {
  const taken = new Set<string>(command.options)
  for (const name of Object.keys(options)) {
    if (!EVERYWHERE.has(name) && !taken.has(name))
      throw usageError(`\`starling ${command.words.join(" ")}\` takes no --${name}`)
  }
}

function checkGroup(given: string): void {
  if (!GroupUuid.safeParse(given.toLowerCase()).success)
    throw usageError(`G is a group's UUID, not "${given}": \`starling group list\` shows all`)
}

function checkArguments(command: Command, given: readonly string[]): readonly string[] {
  if (given.length === command.parameters.length) {
    for (const [i, name] of command.parameters.entries()) if (name === "G") checkGroup(given[i] ?? "")
    return given
  }
  const usage = ["starling", ...command.words, ...command.parameters].join(" ")
  const hint = given.length > command.parameters.length ? " (quote what has spaces)" : ""
  throw usageError(`usage: ${usage}${hint}`)
}
