import { expect, test } from "vitest"

import { BARRIERS, PowerLossStory, type Barrier } from "./power-loss-story.ts"

test(
  "over 2000 losses of power no byte is released twice or unerased, and no acknowledged byte is lost",
  { timeout: 180_000 },
  () => {
    let crashes = 0
    let released = 0
    let burned = 0
    for (let seed = 1; seed <= 100; seed++) {
      const story = new PowerLossStory(seed).run(20)
      crashes += story.crashes
      released += story.released
      burned += story.burned
    }
    expect(crashes).toBe(2000)
    expect(released).toBeGreaterThan(500_000)
    expect(burned).toBeGreaterThan(50_000)
  },
)

test.for(BARRIERS)("without the barrier of its %s the pool breaks a promise", (barrier) => {
  expect(firstBroken(barrier)).toBeDefined()
})

function firstBroken(without: Barrier): string | undefined {
  for (let seed = 1; seed <= 300; seed++) {
    try {
      new PowerLossStory(seed, without).run(6)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return undefined
}
