// Writes pictures of the key screens, light, dark and phone, into the folder given (or ./screenshots).
import { mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"

import type { Page } from "playwright-core"

import { launch, openWindow } from "./browser.ts"
import { settle } from "./settle.ts"
import { FIELD, firstRun, living, type Story } from "./stories.ts"

const folder = resolve(process.env["INIT_CWD"] ?? ".", process.argv[2] ?? "screenshots")

interface Scene {
  readonly name: string
  readonly story: () => Story
  readonly play: (page: Page) => Promise<unknown>
}

const at = (hash: string) => async (page: Page) => {
  await page.evaluate((to) => (location.hash = to), hash)
  await page.waitForLoadState("networkidle")
}

const SCENES: readonly Scene[] = [
  { name: "welcome", story: firstRun, play: (page) => page.getByLabel("Your name").fill("Ana Ortiz") },
  {
    name: "first-run",
    story: firstRun,
    play: async (page) => {
      await page.getByLabel("Your name").fill("Ana Ortiz")
      await page.getByRole("button", { name: "Start" }).click()
      await page.getByText("Making your keys").first().waitFor()
    },
  },
  { name: "home", story: living, play: at("#/") },
  { name: "chat", story: living, play: at(`#/g/${FIELD}`) },
  { name: "members", story: living, play: at(`#/g/${FIELD}/members`) },
  { name: "timeline", story: living, play: at(`#/g/${FIELD}/timeline`) },
  { name: "people", story: living, play: at("#/people") },
  {
    name: "contact-link",
    story: living,
    play: async (page) => {
      await at("#/people")(page)
      await page.getByRole("button", { name: "My contact link" }).click()
      await page.getByRole("img", { name: /QR code/ }).waitFor()
    },
  },
  {
    name: "safety-number",
    story: living,
    play: async (page) => {
      await at("#/people")(page)
      await page.getByRole("button", { name: "Compare safety numbers with Chiara" }).click()
      await page.getByRole("group", { name: "Safety number" }).waitFor()
    },
  },
  { name: "invitations", story: living, play: at("#/invitations") },
  { name: "entropy", story: living, play: at("#/entropy") },
  { name: "settings", story: living, play: at("#/settings") },
]

const LOOKS = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark" } },
  {
    name: "phone",
    options: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  },
] as const

const only = process.argv[3]
await mkdir(folder, { recursive: true })
await using browser = await launch()
for (const look of LOOKS) {
  for (const scene of SCENES) {
    if (only !== undefined && !`${scene.name}-${look.name}`.includes(only)) continue
    await using window = await openWindow(browser, scene.story(), { ...look.options, deviceScaleFactor: 2 })
    await scene.play(window.page)
    await window.page.evaluate(settle)
    await window.page.screenshot({ path: join(folder, `${scene.name}-${look.name}.png`) })
    for (const complaint of window.complaints) console.error(`${scene.name} ${look.name}: ${complaint}`)
  }
}
console.log(`pictures in ${folder}`)
