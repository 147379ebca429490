import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { expect, test } from "vitest"

import { CHROMIUM, launchChromium, twoWindows } from "../src/two-windows.ts"

test.skipIf(!existsSync(CHROMIUM))(
  "two people meet, talk, heal and part in two real windows (needs chromium)",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "starling-windows-"))
    const browser = await launchChromium()
    try {
      const photographed: string[] = []
      const story = await twoWindows(browser, folder, async (_, name) => void photographed.push(name))
      expect(story.safetyNumbers[0]).toMatch(/^\d{60}$/)
      expect(story.safetyNumbers[1]).toBe(story.safetyNumbers[0])
      expect(story.epochsAfterHeal[1]).toBe(story.epochsAfterHeal[0])
      expect(story.removedIsTold).toBe(true)
      expect(story.complaints).toEqual([])
      expect(photographed).toContain("chat-phone")
    } finally {
      await browser.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  600_000,
)
