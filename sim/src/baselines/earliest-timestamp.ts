import type { Choice } from "@starling/messenger/parts"

import { descend, leastBy } from "./children.ts"

/** The commit whose author claims the earliest time stands, then that of the least id. */
export function chooseTip(choice: Choice, start: string): string {
  return descend(choice, start, (children) =>
    leastBy(children, ({ at, sid }) => `${String(at).padStart(20, "0")} ${sid}`),
  )
}
