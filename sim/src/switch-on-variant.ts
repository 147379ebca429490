// `node --import 'switch-on-variant.ts?mutant=NAME' …`, or `?baseline=NAME`: whatever is loaded after this sees the variant.
import { loadWith } from "@starling/mutation"

import { baselineNamed } from "./baseline-modules.ts"
import { editsOf } from "./mutants.ts"

const asked = new URL(import.meta.url).searchParams
const baseline = asked.get("baseline")
const mutant = asked.get("mutant")

loadWith(
  [...(mutant === null ? [] : editsOf(mutant)), ...(baseline === null ? [] : [baselineNamed(baseline)])],
  new URL("../../", import.meta.url),
)
