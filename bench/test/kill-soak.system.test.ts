import { expect, test } from "vitest"

import { killSoak } from "../src/kill-soak.ts"

test("nothing acknowledged is lost and no byte is drawn twice over six kills in a conversation", async () => {
  const result = await killSoak(6, 20)
  expect(result).toMatchObject({ kills: 6, lost: 0, duplicated: 0, drawnTwice: 0, oneEpoch: true })
  expect(result.acknowledged).toBeGreaterThan(10)
  expect(result.draws).toBeGreaterThan(10)
})
