import { parseArgs } from "node:util"

/** One option of a command: what it takes, and what it means. */
export interface Option<T> {
  readonly takes: "value" | "values" | "nothing"
  /** `undefined` where it was not given; throws a `BadValue`. */
  readonly read: (given: readonly string[] | undefined) => T
}

export type Read<Options> = { readonly [Name in keyof Options]: Options[Name] extends Option<infer T> ? T : never }

export const flag: Option<boolean> = { takes: "nothing", read: (given) => given !== undefined }

export function text<Default extends string | undefined>(otherwise: Default): Option<string | Default> {
  return { takes: "value", read: (given) => given?.[0] ?? otherwise }
}

export function wholeNumber<Default extends number | undefined>(
  otherwise: Default,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number } = {},
): Option<number | Default> {
  return {
    takes: "value",
    read(given) {
      const [digits] = given ?? []
      if (digits === undefined) return otherwise
      const value = Number(digits)
      if (/^\d+$/.test(digits) && value >= least && value <= most) return value
      const bounds = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `from ${least}`
      throw new BadValue(`takes a whole number ${bounds}, not ${digits}`)
    },
  }
}

/** Above 0. */
export function amount<Default extends number | undefined>(otherwise: Default): Option<number | Default> {
  return {
    takes: "value",
    read(given) {
      const [digits] = given ?? []
      if (digits === undefined) return otherwise
      if (/^\d+(\.\d+)?$/.test(digits) && Number(digits) > 0) return Number(digits)
      throw new BadValue(`takes a number above 0, not ${digits}`)
    },
  }
}

export function oneOf<Name extends string, Default extends string | undefined>(
  names: readonly Name[],
  otherwise: Default,
): Option<Name | Default> {
  return { takes: "value", read: (given) => (given?.[0] === undefined ? otherwise : named(names, given[0])) }
}

/** May be given more than once; `undefined` where it is not. */
export function severalOf<Name extends string>(names: readonly Name[]): Option<readonly Name[] | undefined> {
  return { takes: "values", read: (given) => given?.map((name) => named(names, name)) }
}

type Options = Readonly<Record<string, Option<unknown>>>

/**
 * The options of the command that runs. With `--help` it prints how the command is used, and ends; at an option that there is not,
 * or a value that one does not take, it says so in one line above that, and ends with status 2.
 */
export function readOptions<Asked extends Options>(usage: string, options: Asked): Read<Asked> {
  try {
    const given = parse(options)
    if (given["help"] !== undefined) {
      console.log(usage)
      process.exit(0)
    }
    const read = Object.entries(options).map(([name, option]) => [name, readOne(name, option, given[name])] as const)
    const values: object = Object.fromEntries(read)
    if (!hasEach(options, values)) throw new TypeError("an option was not read")
    return values
  } catch (error) {
    if (!(error instanceof BadValue) && !isOfParser(error)) throw error
    // The parser goes on with advice about positional arguments, of which there are none.
    console.error(`${error.message.split(/\.\s/)[0]}\n${usage}`)
    process.exit(2)
  }
}

class BadValue extends Error {}

function hasEach<Asked extends Options>(options: Asked, values: object): values is Read<Asked> {
  return Object.keys(options).every((name) => name in values)
}

function isOfParser(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")
}

/** What was given of each option. */
function parse(options: Options): Readonly<Record<string, readonly string[] | undefined>> {
  const shapes = Object.entries(options).map(([name, { takes }]) => [name, shapeOf(takes)] as const)
  const { values } = parseArgs({ options: { ...Object.fromEntries(shapes), help: { type: "boolean" } } })
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat().map(String)]))
}

function readOne<T>(name: string, option: Option<T>, given: readonly string[] | undefined): T {
  try {
    return option.read(given)
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw new BadValue(`--${name} ${error.message}`, { cause: error })
  }
}

function shapeOf(takes: Option<unknown>["takes"]) {
  return takes === "nothing"
    ? ({ type: "boolean" } as const)
    : ({ type: "string", multiple: takes === "values" } as const)
}

function named<Name extends string>(names: readonly Name[], asked: string): Name {
  const found = names.find((name) => name === asked)
  if (found === undefined) throw new BadValue(`takes one of ${names.join(", ")}, not ${asked}`)
  return found
}
