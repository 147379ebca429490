import { jsonLine, terminalText } from "./terminal-text.ts"

/** Where a command writes: JSON lines for scripts, or lines for people. */
export interface Output {
  readonly json: boolean
  /** With `--json` the value as one line, otherwise what `human` says of it. */
  item<T extends object>(value: T, human: (value: T) => string): void
  /** One line for people; nothing with `--json`. */
  note(text: string): void
}

export interface Streams {
  out(text: string): void
  err(text: string): void
}

export function createOutput(streams: Streams, json: boolean): Output {
  return {
    json,
    item(value, human) {
      streams.out(json ? jsonLine(value) : `${terminalText(human(value))}\n`)
    },
    note(text) {
      if (!json) streams.out(`${terminalText(text)}\n`)
    },
  }
}
