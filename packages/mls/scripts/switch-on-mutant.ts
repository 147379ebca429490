// `node --import 'switch-on-mutant.ts?NAME' …`: whatever is loaded after this sees the engine with one fault in it.
import { loadWith } from "@starling/mutation"

import { editsOf } from "./mutants.ts"

loadWith(editsOf(new URL(import.meta.url).search.slice(1)), new URL("../src/", import.meta.url))
