import { eavesdropper } from "./eavesdropper.ts"
import type { FigureModule } from "./figure.ts"
import { firstKey } from "./first-key.ts"
import { memory } from "./memory.ts"
import { nfc } from "./nfc.ts"
import { proving } from "./proving.ts"
import { qkdLink } from "./qkd-link.ts"
import { requests } from "./requests.ts"
import { verification } from "./verification.ts"

/** Everything that `npm run bench:eaas` measures, in its order. */
export const FIGURES: readonly FigureModule[] = [
  verification,
  proving,
  firstKey,
  requests,
  memory,
  qkdLink,
  eavesdropper,
  nfc,
]
