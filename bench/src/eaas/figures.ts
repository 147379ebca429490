import { eavesdropper } from "./eavesdropper.ts"
import type { FigureModule } from "./figure.ts"
import { qkdLink } from "./qkd-link.ts"

/** Everything that `npm run bench:eaas` measures, in its order. */
export const FIGURES: readonly FigureModule[] = [qkdLink, eavesdropper]
