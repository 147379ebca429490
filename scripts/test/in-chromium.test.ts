import { existsSync } from "node:fs"

import { expect, test } from "vitest"

import config, { CHROMIUM } from "../../vitest.config.ts"

test.skipIf(!existsSync(CHROMIUM))("the tests of the MLS engine run in Chromium as well (needs chromium)", () => {
  expect(JSON.stringify(config)).toContain('"name":"browser"')
})
