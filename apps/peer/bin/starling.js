#!/usr/bin/env node
import { withNode24 } from "../../../scripts/with-node24.mjs"

await withNode24(new URL("../src/main.ts", import.meta.url))
