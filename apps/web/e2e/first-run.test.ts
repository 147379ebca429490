import { afterAll, beforeAll, expect, test } from "vitest"
import type { Browser } from "playwright-core"

import { launch, noChromium, openWindow } from "./browser.ts"
import { FakeDaemon, TOKEN } from "./fake-daemon.ts"
import { firstRun, living } from "./stories.ts"
import { buildIfStale } from "../scripts/build-if-stale.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

test.skipIf(noChromium)("the one-time token leaves the address before the first screen (needs chromium)", async () => {
  await using window = await openWindow(browser, firstRun())
  expect(window.page.url()).not.toContain(TOKEN)
  await window.page.goBack().catch(() => undefined)
  expect(window.page.url()).not.toContain(TOKEN)
  expect(window.daemon.tokenSpent).toBe(true)
})

test.skipIf(noChromium)(
  "a name, a look at the keys, and home, never waiting for the source (needs chromium)",
  async () => {
    await using window = await openWindow(browser, firstRun())
    const { page, daemon } = window
    await expect(page.getByRole("button", { name: "Start" }).isDisabled()).resolves.toBe(true)
    await page.keyboard.type("Ana Ortiz")
    await page.keyboard.press("Enter")

    await page.getByRole("heading", { name: "Making your keys" }).waitFor()
    await page.getByText("bytes from a simulated quantum source").waitFor()
    await page.getByRole("list", { name: "Steps" }).getByText("Proving admission without saying who").waitFor()
    await page.getByRole("list", { name: "Nearby" }).getByText("Ben Okafor").waitFor()

    daemon.story.entropy = { ...daemon.story.entropy, progress: [], pool: { bytes: 8192, capacity: 65_536 } }
    daemon.emit({ type: "entropy" })
    await page.getByText("Your keys draw on this computer's randomness, mixed").waitFor()

    await page.getByRole("button", { name: "Continue" }).click()
    await page.getByRole("heading", { name: "Hello, Ana Ortiz" }).waitFor()
    for (const name of [/^Nearby/, /^New group/, /^Paste a link/])
      await expect(
        page
          .getByRole("main")
          .getByRole(name.source.includes("Nearby") ? "link" : "button", { name })
          .count(),
      ).resolves.toBe(1)
    expect(window.complaints).toEqual([])
  },
)

test.skipIf(noChromium)("a source that does not answer is said plainly (needs chromium)", async () => {
  const story = firstRun()
  story.entropy = {
    ...story.entropy,
    progress: [],
    sources: story.entropy.sources.slice(0, 1).map((source) => ({ ...source, state: "unreachable" })),
  }
  await using window = await openWindow(browser, story)
  await window.page.getByLabel("Your name").fill("Ana")
  await window.page.getByRole("button", { name: "Start" }).click()
  await window.page.getByText("Quantum source unreachable. Your keys are safe").waitFor()
})

test.skipIf(noChromium)("somebody nearby is one step from a chat (needs chromium)", async () => {
  await using window = await openWindow(browser, firstRun())
  const { page, daemon } = window
  await page.getByLabel("Your name").fill("Ana")
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("button", { name: "Chat with Ben Okafor" }).click()
  await page.getByRole("heading", { name: "Ana & Ben Okafor", level: 1 }).waitFor()
  await page.getByText("Ben Okafor is invited").waitFor()
  expect(daemon.calls.filter((call) => call.startsWith("POST"))).toEqual([
    "POST session",
    "POST contacts",
    "POST groups",
    `POST groups/${daemon.story.groups[0]!.group}/invitations`,
  ])
})

test.skipIf(noChromium)("a window without a good cookie says how to get one (needs chromium)", async () => {
  const { folder } = await buildIfStale()
  await using daemon = new FakeDaemon(folder, living())
  const origin = await daemon.listen()
  const page = await browser.newPage()
  await page.goto(`${origin}/#t=stale`)
  await page.getByRole("heading", { name: "This window is not signed in" }).waitFor()
  await page.getByText("npx starling ui").waitFor()
  expect(page.url()).not.toContain("stale")
  await page.close()
})
