import type { Refusal } from "../peer/step.ts"
import { refusal } from "../peer/turn.ts"

/** Members keep no more of what this device says of the group. */
export function logFull(): Refusal {
  return refusal(
    "log-full",
    "This device has used up what members keep of one device's changes to a group. You can still read, write and leave. Ask another member to make this change; where an admin did not invite you, ask one to invite you once more, which makes room here.",
  )
}
