import type { Capabilities } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import { draw } from "./draw.ts"
import type { Extension } from "./extension.ts"
import type { LeafProfile } from "./leaf-node.ts"

/** RFC 9420, 13.5: 0x0A0A, 0x1A1A and so on; nobody may give them a meaning. */
const VALUES = Array.from({ length: 15 }, (_, i) => i * 0x1010 + 0x0a0a)
const MAX_DATA = 16

/** RFC 9420, 13.5: a profile with values that others have to ignore in every place where they may stand. */
export function greasedProfile(mls: MlsContext, profile: LeafProfile): LeafProfile {
  const extension = greaseExtension(mls)
  const { capabilities, extensions } = profile
  const greased: Capabilities = {
    ...capabilities,
    ciphersuites: [...capabilities.ciphersuites, greaseValue(mls)],
    extensions: [...capabilities.extensions, extension.type],
    proposals: [...capabilities.proposals, greaseValue(mls)],
    credentials: [...capabilities.credentials, greaseValue(mls)],
  }
  return { ...profile, capabilities: greased, extensions: [...extensions, extension] }
}

/** For a KeyPackage or a GroupInfo; in a leaf node its type must be among the capabilities. */
export function greaseExtension(mls: MlsContext): Extension {
  const [length = 0] = draw(mls, 1, "GREASE")
  return { type: greaseValue(mls), data: draw(mls, 1 + (length % MAX_DATA), "GREASE") }
}

function greaseValue(mls: MlsContext): number {
  const [choice = 0] = draw(mls, 1, "GREASE")
  return VALUES[choice % VALUES.length] ?? 0x0a0a
}
