import type { Choice } from "@starling/messenger/parts"

import { descend, leastBy } from "./children.ts"

/** The commit of the least id stands, at each fork. */
export function chooseTip(choice: Choice, start: string): string {
  return descend(choice, start, (children) => leastBy(children, ({ sid }) => sid))
}
