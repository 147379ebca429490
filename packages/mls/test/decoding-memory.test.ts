import { receive } from "@starling/mls"
import { expect, test } from "vitest"

import { Story } from "./story.ts"
import { world } from "./world.ts"

test("a length that promises more than there is allocates nothing", () => {
  const story = new Story(world("memory"), "alice")
  const { mls } = story
  const state = story.state("alice")
  const before = process.memoryUsage().rss
  const claims = Uint8Array.from([0, 1, 0, 1, 0xbf, 0xff, 0xff, 0xff, 1, 2, 3])
  for (let i = 0; i < 1000; i++) expect(receive(mls, state, claims)).toMatchObject({ reason: "malformed" })
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
})
