import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"

import { launch, noChromium, openWindow } from "./browser.ts"
import { ben, contactOf, message, nearbyOf, person } from "./people.ts"
import { FIELD, living } from "./stories.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`

test.skipIf(noChromium)("markup in names and messages stays text (needs chromium)", async () => {
  const story = living()
  const mallory = person(MARKUP, "mallory")
  story.nearby = [nearbyOf(mallory)]
  story.groups[0] = { ...story.groups[0]!, name: MARKUP }
  story.threads[FIELD] = [
    message(FIELD, mallory, MARKUP, Date.now()),
    message(FIELD, mallory, "javascript:alert(1) data:text/html,<b>x</b> [x](javascript:alert(1))", Date.now() + 1),
  ]
  story.invitations = [{ group: "g", name: MARKUP, from: mallory.identity, fromName: MARKUP, known: false, at: 1 }]
  await using window = await openWindow(browser, story)
  const { page } = window
  for (const hash of ["#/people", "#/invitations", `#/g/${FIELD}`]) {
    await page.evaluate((to) => (location.hash = to), hash)
    await page.getByText("<img src=x").first().waitFor()
  }
  await page.getByText("javascript:alert(1)").waitFor()
  await expect(page.title()).resolves.toBe("Starling")
  await expect(page.locator("img[src], [onerror], .log a").count()).resolves.toBe(0)
  expect(window.complaints).toEqual([])
})

test.skipIf(noChromium)(
  "a name can neither turn the text around it nor hide what tells it apart (needs chromium)",
  async () => {
    const story = living()
    const twin = person("Ben\u200B \u202EOkafor\u202C", "twin")
    story.contacts = [contactOf(ben), contactOf(twin)]
    story.nearby = []
    await using window = await openWindow(browser, story)
    const { page } = window
    await page.evaluate(() => (location.hash = "#/people"))
    const rows = page.getByRole("list", { name: "Contacts" }).getByRole("listitem")
    await rows.first().waitFor()
    await expect(rows.locator("bdi").allTextContents()).resolves.toEqual(["Ben Okafor", "Ben Okafor"])
    const prints = await rows.locator(".fingerprint").allTextContents()
    expect(new Set(prints).size).toBe(2)
  },
)

test.skipIf(noChromium)("a link shows the address that it opens, and gives nothing away (needs chromium)", async () => {
  const story = living()
  story.threads[FIELD] = [message(FIELD, ben, "see https://еxample.org/ now", Date.now())]
  await using window = await openWindow(browser, story)
  const { page } = window
  await page.evaluate((to) => (location.hash = to), `#/g/${FIELD}`)
  const link = page.getByRole("log").getByRole("link")
  await expect(link.textContent()).resolves.toBe("https://xn--xample-2of.org/")
  await expect(link.getAttribute("rel")).resolves.toBe("noreferrer noopener")
})

test.skipIf(noChromium)("the page asks nobody but its own daemon for anything (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page, daemon } = window
  const asked: string[] = []
  page.on("request", (request) => asked.push(request.url()))
  for (const hash of ["#/people", "#/entropy", "#/settings", `#/g/${FIELD}/timeline`]) {
    await page.evaluate((to) => (location.hash = to), hash)
    await page.getByRole("heading", { level: 1 }).waitFor()
  }
  await page.reload()
  await page.getByRole("heading", { level: 1 }).waitFor()
  expect(asked.filter((url) => !url.startsWith(`http://127.0.0.1:${daemon.port}/`))).toEqual([])
  expect(window.complaints).toEqual([])
})
