import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"

import { launch, noChromium, openWindow } from "./browser.ts"
import { firstRun, living } from "./stories.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

/** The text of what has the focus. */
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "")
const focusedLabel = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "")

test.skipIf(noChromium)("from the first screen to a message, with the keyboard alone (needs chromium)", async () => {
  await using window = await openWindow(browser, firstRun())
  const { page } = window
  await page.keyboard.type("Ana")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Making your keys" }).waitFor()
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Hello, Ana" }).waitFor()

  while (!(await focused(page)).startsWith("New group")) await page.keyboard.press("Tab")
  await page.keyboard.press("Enter")
  await page.getByRole("dialog", { name: "New group" }).waitFor()
  await page.keyboard.type("Owls")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Owls", level: 1 }).waitFor()
  await expect.poll(() => focusedLabel(page)).toBe("Message")
  await page.keyboard.type("Anybody there?")
  await page.keyboard.press("Enter")
  await page.getByRole("article").filter({ hasText: "Anybody there?" }).waitFor()
})

test.skipIf(noChromium)("arrows move through groups and messages, Esc leads back out (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page } = window
  const rows = page.getByRole("list", { name: "Groups" }).getByRole("link")
  await rows.first().focus()
  await page.keyboard.press("ArrowDown")
  await expect(focused(page)).resolves.toContain("Choir on Thursdays")
  await page.keyboard.press("End")
  await expect(focused(page)).resolves.toContain("Lisbon 2025")
  await page.keyboard.press("Home")
  await page.keyboard.press("Enter")
  await expect.poll(() => focusedLabel(page)).toBe("Message")

  await page.getByRole("article").filter({ hasText: "Should I bring the second scope?" }).waitFor()
  await page.keyboard.press("Escape")
  await expect(focused(page)).resolves.toContain("Should I bring the second scope?")
  await page.keyboard.press("ArrowUp")
  await expect.poll(() => focused(page)).toContain("I'm on the train")
  await page.keyboard.press("Enter")
  await page.getByRole("dialog", { name: "About this message" }).getByText("Delivered to all 3 devices").waitFor()
  await page.keyboard.press("Escape")
  await page.getByRole("dialog").waitFor({ state: "detached" })
  await expect.poll(() => focused(page)).toContain("I'm on the train")
  await page.keyboard.press("Escape")
  await page.getByRole("heading", { name: "Hello, Ana Ortiz" }).waitFor()
})

test.skipIf(noChromium)("Ctrl K goes to a group by a few letters of its name (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page } = window
  await page.keyboard.press("Control+k")
  await page.getByRole("searchbox", { name: "Go to a group" }).waitFor()
  await page.keyboard.type("choi")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Choir on Thursdays", level: 1 }).waitFor()
})
