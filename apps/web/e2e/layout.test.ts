import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"

import { launch, noChromium, openWindow } from "./browser.ts"
import { FIELD, firstRun, living } from "./stories.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

const PAGES = [
  "#/",
  `#/g/${FIELD}`,
  `#/g/${FIELD}/members`,
  `#/g/${FIELD}/timeline`,
  "#/people",
  "#/invitations",
  "#/entropy",
  "#/settings",
]

/** What reaches out of the window sideways; a table that scrolls inside its own frame does not. */
function overflowing(): readonly string[] {
  const width = document.documentElement.clientWidth
  return [...document.body.querySelectorAll("*")]
    .filter((element) => {
      if (!element.checkVisibility() || element.closest(".table-frame, .for-readers, [aria-hidden=true]")) return false
      const { left, right } = element.getBoundingClientRect()
      return right > width + 1 || left < -1
    })
    .map((element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 30)}`)
}

test.for([
  { width: 1440, dir: "ltr" },
  { width: 1440, dir: "rtl" },
  { width: 800, dir: "ltr" },
  { width: 390, dir: "ltr" },
  { width: 390, dir: "rtl" },
  { width: 320, dir: "ltr" },
])("nothing leaves the screen sideways at $width pixels, $dir (needs chromium)", async ({ width, dir }, { skip }) => {
  if (noChromium) skip()
  await using window = await openWindow(browser, living(), { viewport: { width, height: 800 } })
  const { page } = window
  await page.evaluate((to) => (document.documentElement.dir = to), dir)
  for (const hash of PAGES) {
    await page.evaluate((to) => (location.hash = to), hash)
    await page.getByRole("heading", { level: 1 }).waitFor()
    await page.waitForLoadState("networkidle")
    expect(await page.evaluate(overflowing), hash).toEqual([])
    expect(await page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth), hash).toBeLessThanOrEqual(0)
  }
})

test.skipIf(noChromium)("the first run fits 320 pixels (needs chromium)", async () => {
  await using window = await openWindow(browser, firstRun(), { viewport: { width: 320, height: 640 } })
  const { page } = window
  expect(await page.evaluate(overflowing)).toEqual([])
  await page.getByLabel("Your name").fill("Ana")
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("button", { name: "Continue" }).waitFor()
  expect(await page.evaluate(overflowing)).toEqual([])
})

test.skipIf(noChromium)(
  "right to left mirrors the window: rail to the right, own messages to the left (needs chromium)",
  async () => {
    await using window = await openWindow(browser, living())
    const { page } = window
    await page.evaluate(() => (document.documentElement.dir = "rtl"))
    await page.evaluate((to) => (location.hash = to), `#/g/${FIELD}`)
    const own = page.getByRole("article").filter({ hasText: "Should I bring the second scope?" }).locator(".bubble")
    await own.waitFor()
    const [rail, bubble, log] = await Promise.all([
      page.getByRole("navigation", { name: "Main" }).boundingBox(),
      own.boundingBox(),
      page.getByRole("log").boundingBox(),
    ])
    expect(rail!.x).toBeGreaterThan(1100)
    expect(bubble!.x - log!.x).toBeLessThan(40)
    const arabic = page.getByText("وصلت للتو")
    await expect(arabic.evaluate((text) => getComputedStyle(text).direction)).resolves.toBe("rtl")
    const english = page.getByText("I'm on the train")
    await expect(english.evaluate((text) => getComputedStyle(text).direction)).resolves.toBe("ltr")
  },
)

test.skipIf(noChromium)("a phone shows one pane at a time and a way back (needs chromium)", async () => {
  await using window = await openWindow(browser, living(), { viewport: { width: 390, height: 844 } })
  const { page } = window
  await page.getByRole("link", { name: /Field team/ }).click()
  await page.getByRole("log").waitFor()
  await expect(page.getByRole("list", { name: "Groups" }).isVisible()).resolves.toBe(false)
  await page.getByRole("link", { name: "Back" }).click()
  await expect(page.getByRole("list", { name: "Groups" }).isVisible()).resolves.toBe(true)
})

test.skipIf(noChromium)("the theme and the language chosen stay (needs chromium)", async () => {
  await using window = await openWindow(browser, living(), { colorScheme: "light" })
  const { page } = window
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.evaluate(() => (location.hash = "#/settings"))
  await page.getByRole("radio", { name: "Dark" }).click()
  await expect(background()).resolves.toBe("rgb(15, 16, 20)")
  await page.getByRole("combobox", { name: "Language" }).selectOption("de")
  await page.getByRole("heading", { name: "Optionen" }).waitFor()
  await page.reload()
  await page.getByRole("heading", { name: "Optionen" }).waitFor()
  await expect(background()).resolves.toBe("rgb(15, 16, 20)")
  await expect(page.evaluate(() => document.documentElement.lang)).resolves.toBe("de")
})
