import type { Edit } from "@starling/mutation"

/** Rules that others go by, each in a file of its own beside this one. */
export const BASELINES = ["first-received", "earliest-timestamp", "lowest-hash", "depth-within-5"] as const

/** Our `chooseTip` under another name, and that of the baseline in its place. */
export function baselineNamed(name: string): Edit {
  if (!BASELINES.some((each) => each === name))
    throw new RangeError(`no baseline ${name}: choose one of ${BASELINES.join(", ")}`)
  const module = new URL(`baselines/${name}.ts`, import.meta.url).href
  return {
    file: "packages/messenger/src/group/choose-commit.ts",
    from: "export function chooseTip(",
    to: `export { chooseTip } from ${JSON.stringify(module)}\nfunction ourChooseTip(`,
  }
}
