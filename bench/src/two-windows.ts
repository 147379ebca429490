import { join } from "node:path"

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core"
import { z } from "zod"

import { Daemon } from "./daemon.ts"

export const CHROMIUM = "/usr/bin/chromium"

/** Milliseconds to wait for a window to show something, on a machine that does much else: a bound, not a figure. */
const PATIENCE = 120_000

/** Called at each moment of the story that is worth a picture. */
export type Photographer = (page: Page, name: string) => Promise<void>

/** What the two windows showed, for whoever judges it. */
export interface Story {
  readonly safetyNumbers: readonly [string, string]
  readonly messagesOnBothScreens: readonly string[]
  readonly epochsAfterHeal: readonly [string, string]
  readonly removedIsTold: boolean
  /** What the consoles of both windows complained of. */
  readonly complaints: readonly string[]
  readonly secondsToHome: number
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  })
}

/**
 * Two people on two real daemons that find each other by mDNS, in two real windows: names, a chat with somebody nearby, words
 * both ways, safety numbers, a heal, a removal. Data folders are made inside `folder`.
 */
export async function twoWindows(browser: Browser, folder: string, photograph: Photographer): Promise<Story> {
  const complaints: string[] = []
  await using ana = await Daemon.start({ folder: join(folder, "ana"), more: [] })
  await using bo = await Daemon.start({ folder: join(folder, "bo"), more: [] })
  const anaPage = await openWindow(browser, ana, complaints, { colorScheme: "light" })
  const boPage = await openWindow(browser, bo, complaints, { colorScheme: "dark" })

  const began = performance.now()
  await nameYourself(anaPage, "Ana Ortiz")
  await nameYourself(boPage, "Bo Lindqvist")
  await boPage.getByText("Your keys draw on this computer's randomness, mixed").waitFor()
  await photograph(boPage, "first-run-dark")
  await boPage.getByRole("button", { name: "Continue" }).click()
  await anaPage.getByText("Your keys draw on this computer's randomness, mixed").waitFor()
  const secondsToHome = (performance.now() - began) / 1000
  await photograph(anaPage, "first-run-light")
  await anaPage.getByRole("button", { name: "Continue" }).click()
  await photograph(anaPage, "home-light")

  await anaPage.getByRole("link", { name: "People" }).first().click()
  await anaPage.getByRole("button", { name: "Chat with Bo Lindqvist" }).click()
  await boPage.getByRole("link", { name: /invitation waits for you/ }).click()
  await photograph(boPage, "invitation-dark")
  await boPage.getByRole("button", { name: /^Accept the invitation/ }).click()
  const said = await talk(anaPage, boPage)
  await photograph(anaPage, "chat-light")
  await photograph(boPage, "chat-dark")

  const phone = await openWindow(browser, bo, complaints, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    colorScheme: "light",
  })
  await phone.getByRole("link", { name: /Ana Ortiz & Bo Lindqvist/ }).click()
  await phone.getByRole("article").filter({ hasText: said[0] }).waitFor()
  await photograph(phone, "chat-phone")

  const safetyNumbers = [
    await safetyNumber(anaPage, "Bo Lindqvist", photograph),
    await safetyNumber(boPage, "Ana Ortiz"),
  ] as const
  const epochsAfterHeal = await heal(anaPage, boPage, photograph)
  await anaPage.getByRole("link", { name: "Entropy" }).first().click()
  await anaPage.getByRole("table").first().waitFor()
  await photograph(anaPage, "entropy-light")
  const way = anaPage.getByRole("list", { name: /^The way of the delivery/ })
  await way.scrollIntoViewIfNeeded()
  await way.getByText("one-time pad").waitFor()
  await photograph(anaPage, "delivery-light")
  await boPage.getByRole("link", { name: "Entropy" }).first().click()
  await boPage.getByRole("table").first().waitFor()
  await photograph(boPage, "entropy-dark")

  await remove(anaPage, photograph)
  await openChat(boPage)
  const removedIsTold = await boPage
    .getByText("You were removed from this group.")
    .first()
    .waitFor()
    .then(() => true)
    .catch(() => false)
  return {
    safetyNumbers,
    messagesOnBothScreens: said,
    epochsAfterHeal,
    removedIsTold,
    complaints: [...complaints],
    secondsToHome,
  }
}

async function openWindow(
  browser: Browser,
  daemon: Daemon,
  complaints: string[],
  options: BrowserContextOptions,
): Promise<Page> {
  const { ui } = await daemon.call("POST", "/api/ui-link", z.object({ ui: z.string() }))
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    reducedMotion: "reduce",
    deviceScaleFactor: 2,
    ...options,
  })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  page.on("console", (entry) => {
    if (entry.type() === "error" || entry.type() === "warning") complaints.push(entry.text())
  })
  page.on("pageerror", (fault) => complaints.push(fault.message))
  await page.goto(ui)
  await page.locator(".shell, .welcome").waitFor()
  return page
}

async function nameYourself(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name)
  await page.getByRole("button", { name: "Start" }).click()
}

async function openChat(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Chats" }).first().click()
  await page.getByRole("link", { name: /Ana Ortiz & Bo Lindqvist/ }).click()
}

async function talk(ana: Page, bo: Page): Promise<readonly [string, ...string[]]> {
  const lines = [
    [ana, "Did you get home before the rain?"],
    [bo, "Just. The bike path by the river is closed, I took the bridge."],
    [ana, "Good to know. Dinner on Friday? Mira brings the good bread 🥖"],
    [bo, "Yes! I'll make the soup. שלום to Mira"],
  ] as const
  for (const [page, text] of lines) {
    await page.getByRole("textbox", { name: "Message" }).fill(text)
    await page.keyboard.press("Enter")
    for (const reader of [ana, bo]) await reader.getByRole("article").filter({ hasText: text }).waitFor()
  }
  // Whichever comes first: a window that shows the message may have read it before the other window looked.
  await ana
    .getByRole("img", { name: /^(Delivered|Read)$/ })
    .first()
    .waitFor()
  return ["Did you get home before the rain?", ...lines.slice(1).map(([, text]) => text)]
}

async function safetyNumber(page: Page, other: string, photograph?: Photographer): Promise<string> {
  await page.getByRole("link", { name: "Members" }).click()
  await page.getByRole("button", { name: `Actions for ${other}` }).click()
  await page.getByRole("menuitem", { name: "Compare safety numbers" }).click()
  const digits = await page.getByRole("group", { name: "Safety number" }).innerText()
  if (photograph) await photograph(page, "safety-number-light")
  await page.keyboard.press("Escape")
  return digits.replaceAll(/\D/g, "")
}

async function heal(ana: Page, bo: Page, photograph: Photographer): Promise<readonly [string, string]> {
  for (const page of [ana, bo]) await page.getByRole("link", { name: "Key updates" }).click()
  const before = await ana
    .getByText(/^Epoch \d+$/)
    .first()
    .innerText()
  await ana.getByRole("button", { name: "Heal now" }).click()
  const next = `Epoch ${Number(/\d+/.exec(before)?.[0]) + 1}`
  for (const page of [ana, bo]) await page.getByText(next, { exact: true }).first().waitFor()
  await photograph(ana, "timeline-light")
  return [
    await ana
      .getByText(/^Epoch \d+$/)
      .first()
      .innerText(),
    await bo
      .getByText(/^Epoch \d+$/)
      .first()
      .innerText(),
  ]
}

async function remove(ana: Page, photograph: Photographer): Promise<void> {
  await openChat(ana)
  await ana.getByRole("link", { name: "Members" }).click()
  await photograph(ana, "members-light")
  await ana.getByRole("button", { name: "Actions for Bo Lindqvist" }).click()
  await ana.getByRole("menuitem", { name: "Remove from group" }).click()
  await ana.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click()
  await ana.getByText("Bo Lindqvist is removed").waitFor()
}
