/** Anything that steers a terminal or hides in a line: controls, bidi, zero-width and other format characters, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const UNSAFE_BUT_NEWLINE = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** `text` with everything that could steer a terminal shown as `\u{…}`; line breaks stay. */
export function terminalText(text: string): string {
  return text.replace(UNSAFE_BUT_NEWLINE, escapeForPeople)
}

/** As `terminalText`, for text that must stay on one line. */
export function oneLine(text: string): string {
  return text.replace(UNSAFE, (character) => (character === "\n" ? "⏎" : escapeForPeople(character)))
}

/** One line of JSON in which the same characters are escaped: the value is unchanged, the terminal safe. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSAFE, escapeForJson)}\n`
}

function escapeForPeople(character: string): string {
  // A joiner inside an emoji is part of how the person wrote it and moves nothing.
  if (character === "\u200D") return character
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

function escapeForJson(character: string): string {
  let out = ""
  for (let i = 0; i < character.length; i++) out += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`
  return out
}
