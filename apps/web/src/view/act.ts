import { sayFailed } from "../state/toasts.ts"
import { textNow } from "../text/use-text.ts"

/** Does what a person asked for; where that fails, says so under `title`, which tells what did not happen. */
export function act(title: string, work: () => Promise<void>): void {
  work().catch((fault: unknown) => sayFailed(title, fault, textNow().unreachable))
}
