import { provingKeyIsDevelopment } from "@starling/proof"

import { UsageError } from "../config.ts"

/**
 * For a role with `--production`; `provisional` says of what is for trying things out whether it is in use. Throws
 * `UsageError`, which names everything that is refused.
 */
export function requireProduction(provisional: Readonly<Record<string, boolean>>): void {
  const refused = Object.entries({ "the proving key is a development key": provingKeyIsDevelopment, ...provisional })
    .filter(([, present]) => present)
    .map(([what]) => what)
  if (refused.length > 0)
    throw new UsageError(`A production configuration refuses this platform: ${refused.join("; ")}.`)
}
