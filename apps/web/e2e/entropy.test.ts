import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"

import { launch, noChromium, openWindow } from "./browser.ts"
import { delivery } from "./people.ts"
import { living } from "./stories.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

test.skipIf(noChromium)("the draws are told page by page, and a refill fills the pool (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page } = window
  await page.getByRole("link", { name: "Entropy" }).click()
  await page.getByText("Draws 24 to 33").waitFor()
  await page.getByRole("button", { name: "Older" }).click()
  await page.getByText("Draws 14 to 23").waitFor()
  await page.getByRole("button", { name: "Older" }).click()
  await page.getByText("Draws 4 to 13").waitFor()
  await page.getByRole("button", { name: "Older" }).click()
  await page.getByText("Draws 1 to 3").waitFor()
  await page.getByText("local only", { exact: true }).waitFor()
  await expect(page.getByRole("button", { name: "Older" }).isDisabled()).resolves.toBe(true)
  await page.getByRole("button", { name: "Newer" }).click()
  await page.getByText("Draws 24 to 33").waitFor()
  await page.getByText("46 KiB of 64 KiB").waitFor()
  await page.getByRole("button", { name: "Refill" }).click()
  await page.getByText("54 KiB of 64 KiB").waitFor()
  await page.getByText("The quantum source is simulated").waitFor()
})

test.skipIf(noChromium)("each delivery shows the way that it took, stage by stage (needs chromium)", async () => {
  const story = living()
  story.deliveries = [
    delivery("untold", Date.now() - 60_000, 8192, { localProvider: "Library", anonymitySet: 240 }),
    delivery("newest", Date.now(), 8192, { channel: "one-time pad, simulated link" }),
  ]
  await using window = await openWindow(browser, story)
  const { page } = window
  await page.evaluate(() => (location.hash = "#/entropy"))
  const way = page.getByRole("list", { name: /^The way of the delivery/ })
  const stages = (): Promise<string[]> => way.getByRole("listitem").allInnerTexts()
  await way.getByText("one-time pad, simulated link").waitFor()
  expect((await stages()).map((stage) => stage.replaceAll(/\s+/g, " ").trim())).toEqual([
    "Source QRNG model A simulated",
    "Quantum channel one-time pad, simulated link by the Local Provider's word: nobody signs this",
    "Local Provider lp-1 Epoch 3",
    "Tap loopback tap proof made in 412 ms; not hidden: the only user",
    "Pool 8 KiB mixed with this computer's randomness in each key",
  ])
  await page
    .getByRole("row", { name: /Library/ })
    .getByRole("button")
    .click()
  await way.getByText("not told by the Local Provider").waitFor()
  expect((await stages()).join(" ")).toContain("hidden among at most 240 users")
  expect(window.complaints).toEqual([])
})
