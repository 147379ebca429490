import type { Choice } from "@starling/messenger/parts"

import { descend } from "./children.ts"

/** The commit that came here first stands, as where nothing is ever rolled back. */
export function chooseTip(choice: Choice, start: string): string {
  return descend(choice, start, ([first]) => first)
}
