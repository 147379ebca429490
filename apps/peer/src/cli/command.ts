import type { Config } from "../config.ts"
import type { ApiClient } from "./api-client.ts"
import type { OptionName, Options } from "./options.ts"
import type { Output } from "./output.ts"

export interface CommandContext {
  readonly config: Config
  readonly dataFolder: string
  readonly options: Options
  /** The positional arguments after the command's own words; their number was checked. */
  readonly arguments: readonly string[]
  readonly output: Output
  /** The running daemon of `dataFolder`; throws `CliError` `not-running` where there is none. */
  readonly connect: () => ApiClient
}

export interface Command {
  /** The words that name it, as typed. */
  readonly words: readonly [string, ...string[]]
  /** Names of its positional arguments, as the help shows them. */
  readonly parameters: readonly string[]
  /** Options besides `--data`, `--json` and `--help`. */
  readonly options: readonly OptionName[]
  readonly summary: string
  run(context: CommandContext): Promise<void>
}
