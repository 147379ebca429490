import { parseArgs } from "node:util"
import { usageError } from "./cli-error.ts"

/** Every option of every command; a command lists those that it takes. */
const OPTIONS = {
  data: { type: "string", value: "DIR", help: "data folder (default ~/.local/share/starling)" },
  json: { type: "boolean", help: "one JSON object per line" },
  help: { type: "boolean", short: "h", help: "show this" },
  name: { type: "string", value: "N", help: "the name that others see" },
  port: { type: "string", value: "P", help: "port of the local API and UI (default 7420; 0 takes a free one)" },
  listen: {
    type: "string",
    multiple: true,
    value: "MULTIADDR",
    help: "address to listen on for peers; may be repeated",
  },
  eaas: { type: "string", value: "embedded|URL|off", help: "where quantum entropy comes from (default embedded)" },
  branch: { type: "string", value: "NAME", help: "the Local Provider to ask for keys (default the platform's first)" },
  phone: {
    type: "string",
    value: "HOST:PORT",
    help: "keys come by a phone held to that one's reader; its app finds this peer here",
  },
  here: { type: "boolean", help: "the app is on this very phone: tell it by an explicit Intent" },
  "eaas-certificate": {
    type: "string",
    value: "DIR",
    help: "ca.pem, cert.pem and key.pem, to register with in place of a code",
  },
  entropy: { type: "string", value: "mixed|strict|pure", help: "what to do without quantum entropy (default mixed)" },
  headless: { type: "boolean", help: "serve no UI" },
  "no-open": { type: "boolean", help: "do not open the browser" },
  "no-mdns": { type: "boolean", help: "do not look for peers on the local network" },
  "plain-topics": { type: "boolean", help: "name topics by the group's UUID, which neighbours can follow" },
  since: { type: "string", value: "ID", help: "only messages after this one" },
  wait: { type: "string", value: "SECONDS", help: "wait this long for a message if there is none" },
  bytes: { type: "string", value: "N", help: "how many bytes to ask for" },
  invite: { type: "string", value: "everyone|admins", help: "who may invite" },
  remove: { type: "string", value: "everyone|admins", help: "who may remove members" },
  confirm: { type: "boolean", help: "record that the numbers were compared and are equal" },
} as const satisfies Record<string, OptionShape>

interface OptionShape {
  readonly type: "string" | "boolean"
  readonly short?: string
  readonly multiple?: true
  readonly value?: string
  readonly help: string
}

export type OptionName = keyof typeof OPTIONS

export interface Options {
  readonly data?: string
  readonly json?: boolean
  readonly help?: boolean
  readonly name?: string
  readonly port?: string
  readonly listen?: readonly string[]
  readonly eaas?: string
  readonly branch?: string
  readonly phone?: string
  readonly here?: boolean
  readonly "eaas-certificate"?: string
  readonly entropy?: string
  readonly headless?: boolean
  readonly "no-open"?: boolean
  readonly "no-mdns"?: boolean
  readonly "plain-topics"?: boolean
  readonly since?: string
  readonly wait?: string
  readonly bytes?: string
  readonly invite?: string
  readonly remove?: string
  readonly confirm?: boolean
}

/** Splits a command line. Throws `CliError` `usage` on an unknown option or a missing value. */
export function parseCommandLine(argv: readonly string[]): {
  readonly options: Options
  readonly positionals: readonly string[]
} {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: OPTIONS,
      allowPositionals: true,
      strict: true,
    })
    return { options: values, positionals }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw usageError(firstSentence(error.message))
  }
}

/** One line of help for an option. */
export function describeOption(name: OptionName): string {
  const shape: OptionShape = OPTIONS[name]
  const usage = `--${name}${shape.value === undefined ? "" : ` ${shape.value}`}`
  return `${usage.padEnd(28)} ${shape.help}`
}

/** The value of `--name` as an integer in [least, most], or `undefined` where it wasn't given. */
export function integerOption(
  options: Options,
  name: "port" | "bytes",
  least: number,
  most: number,
): number | undefined {
  const text = options[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < least || value > most) {
    throw usageError(`--${name} takes a whole number from ${least} to ${most}, not "${text}"`)
  }
  return value
}

/** The value of `--wait` in seconds. */
export function secondsOption(options: Options): number | undefined {
  const text = options.wait
  if (text === undefined) return undefined
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) throw usageError(`--wait takes a number of seconds, not "${text}"`)
  return Number(text)
}

/** The value of `--invite` or `--remove`, or `undefined` where it wasn't given. */
export function circleOption(options: Options, name: "invite" | "remove"): "everyone" | "admins" | undefined {
  const circle = options[name]
  if (circle === undefined || circle === "everyone" || circle === "admins") return circle
  throw usageError(`--${name} takes everyone or admins, not "${circle}"`)
}

function firstSentence(message: string): string {
  const [first = message] = message.split("\n")
  return first.replace(/\. To specify .*$/s, "")
}
