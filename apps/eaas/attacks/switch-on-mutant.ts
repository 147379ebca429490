// `node --import 'switch-on-mutant.ts?NAME' …`: whatever is loaded after this has the mutant's fault in it.
import { loadWith } from "@starling/mutation"

import { CIRCUIT_FILE, editsOf } from "./mutants.ts"

const mutant = decodeURIComponent(new URL(import.meta.url).search.slice(1))

loadWith(
  editsOf(mutant).filter(({ file }) => file !== CIRCUIT_FILE),
  new URL("../../../", import.meta.url),
)
