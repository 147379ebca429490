import { existsSync } from "node:fs"

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core"

import { buildIfStale } from "../scripts/build-if-stale.ts"
import { FakeDaemon, TOKEN } from "./fake-daemon.ts"
import type { Story } from "./stories.ts"

const EXECUTABLE = "/usr/bin/chromium"
export const noChromium = !existsSync(EXECUTABLE)

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
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

export interface Window extends AsyncDisposable {
  readonly page: Page
  readonly daemon: FakeDaemon
  /** Everything that the browser complained of: errors, refused styles, scripts and connections. */
  readonly complaints: readonly string[]
}

/** A window on a fake daemon that tells `story`, signed in as `starling up` would do it. */
export async function openWindow(browser: Browser, story: Story, options: BrowserContextOptions = {}): Promise<Window> {
  const { folder } = await buildIfStale()
  const daemon = new FakeDaemon(folder, story)
  const origin = await daemon.listen()
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on("console", (entry) => {
    // A refusal by the daemon is an answer; the browser notes it all the same.
    if (entry.text().startsWith("Failed to load resource: the server responded with a status of 4")) return
    if (entry.type() === "error" || entry.type() === "warning") complaints.push(entry.text())
  })
  page.on("pageerror", (fault) => complaints.push(fault.message))
  await page.goto(`${origin}/#t=${TOKEN}`)
  await page.locator(".shell, .welcome").waitFor()
  return {
    page,
    daemon,
    complaints,
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await daemon[Symbol.asyncDispose]()
    },
  }
}
