import { AxeBuilder } from "@axe-core/playwright"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"

import { launch, noChromium, openWindow } from "./browser.ts"
import { settle } from "./settle.ts"
import { CHOIR, FIELD, firstRun, living, Story } from "./stories.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

interface Screen {
  readonly name: string
  readonly story: () => Story
  readonly steps: (page: Page) => Promise<void>
}

const at = (hash: string, seen: string) => async (page: Page) => {
  await page.evaluate((to) => (location.hash = to), hash)
  await page.getByText(seen).filter({ visible: true }).first().waitFor()
}

const SCREENS: readonly Screen[] = [
  { name: "welcome", story: firstRun, steps: async () => undefined },
  {
    name: "key moment",
    story: firstRun,
    steps: async (page) => {
      await page.getByLabel("Your name").fill("Ana")
      await page.getByRole("button", { name: "Start" }).click()
      await page.getByRole("button", { name: "Continue" }).waitFor()
    },
  },
  { name: "home", story: living, steps: at("#/", "Hello") },
  { name: "empty home", story: () => new Story(), steps: at("#/", "It's quiet here") },
  { name: "chat", story: living, steps: at(`#/g/${FIELD}`, "second scope") },
  { name: "another chat", story: living, steps: at(`#/g/${CHOIR}`, "The hall is free") },
  { name: "members", story: living, steps: at(`#/g/${FIELD}/members`, "Leave group") },
  { name: "timeline", story: living, steps: at(`#/g/${FIELD}/timeline`, "Heal now") },
  { name: "people", story: living, steps: at("#/people", "Contacts") },
  { name: "invitations", story: living, steps: at("#/invitations", "Not among your contacts") },
  { name: "entropy", story: living, steps: at("#/entropy", "Draws 24 to 33") },
  { name: "settings", story: living, steps: at("#/settings", "Appearance") },
  {
    name: "contact link",
    story: living,
    steps: async (page) => {
      await at("#/people", "Contacts")(page)
      await page.getByRole("button", { name: "My contact link" }).click()
      await page.getByRole("img", { name: /QR code/ }).waitFor()
    },
  },
  {
    name: "safety number",
    story: living,
    steps: async (page) => {
      await at("#/people", "Contacts")(page)
      await page.getByRole("button", { name: "Compare safety numbers with Ben Okafor" }).click()
      await page.getByText("You compared this number").waitFor()
    },
  },
  {
    name: "a failure",
    story: living,
    steps: async (page) => {
      await page.getByRole("button", { name: /^Paste a link/ }).click()
      await page.getByRole("textbox").fill("nothing")
      await page.getByRole("button", { name: "Add contact" }).click()
      await page.getByRole("alert").waitFor()
    },
  },
]

/** Waits for what only that screen shows: the heading of the one before stands until the next is drawn. */
function stepsOf(name: string): Screen["steps"] {
  const screen = SCREENS.find((known) => known.name === name)
  if (screen === undefined) throw new Error(`there is no screen ${name}`)
  return screen.steps
}

/** axe in the page itself: no frames here, so it needs no page of its own to put their results together. */
const axe = (page: Page) => new AxeBuilder({ page }).setLegacyMode()

/** What depends on the colours; everything else is the same in light and dark. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"]

for (const { name, story, steps } of SCREENS) {
  test.skipIf(noChromium)(`axe finds nothing on ${name}, light and dark (needs chromium)`, async () => {
    await using window = await openWindow(browser, story(), { colorScheme: "light", reducedMotion: "reduce" })
    const { page } = window
    await steps(page)
    await page.evaluate(settle)
    const { violations } = await axe(page).analyze()
    await page.emulateMedia({ colorScheme: "dark" })
    await page.evaluate(settle)
    const inTheDark = await axe(page).withRules(OF_COLOURS).analyze()
    expect(inTheDark.passes.map(({ id }) => id)).toContain("color-contrast")
    expect(
      [...violations, ...inTheDark.violations].map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
      ),
    ).toEqual([])
    expect(window.complaints).toEqual([])
  })
}

test.skipIf(noChromium)("axe finds nothing on a phone (needs chromium)", async () => {
  await using window = await openWindow(browser, living(), {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  })
  for (const name of ["home", "chat", "members"]) {
    await stepsOf(name)(window.page)
    await window.page.evaluate(settle)
    const { violations } = await axe(window.page).analyze()
    expect(violations.map(({ id, nodes }) => `${name} ${id}: ${nodes.map(({ html }) => html).join("; ")}`)).toEqual([])
  }
})

test.skipIf(noChromium)("what is touched is 44 pixels high or more on a phone (needs chromium)", async () => {
  await using window = await openWindow(browser, living(), {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  })
  for (const name of ["home", "chat", "members", "people", "invitations"]) {
    await stepsOf(name)(window.page)
    const small = await window.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, nav a, .chat-row, .icon-button, .door")]
        .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 44)
        .map((target) => `${target.className} ${target.textContent}`),
    )
    expect(small, name).toEqual([])
  }
})
