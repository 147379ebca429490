/** One place in one file, and what stands there instead. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/**
 * The text of a file with the edit made.
 * @throws Error where the file does not hold what is replaced, or holds it more than once
 */
export function withEdit(text: string, { file, from, to }: Edit): string {
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`${file} holds what is to be replaced ${found} times, not once: ${from}`)
  return text.replace(from, () => to)
}
