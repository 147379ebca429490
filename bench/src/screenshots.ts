// `npm run screenshots [-- FOLDER]`: pictures of the real product, taken while two people meet in two windows.
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

import { launchChromium, twoWindows } from "./two-windows.ts"

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, "../../docs/screenshots"))
await mkdir(folder, { recursive: true })
const data = await mkdtemp(join(tmpdir(), "starling-pictures-"))
const browser = await launchChromium()
try {
  const { secondsToHome, complaints } = await twoWindows(browser, data, async (page, name) => {
    for (const close of await page.getByRole("status").getByRole("button", { name: "Close" }).all()) await close.click()
    await page.waitForTimeout(400)
    await page.screenshot({ path: join(folder, `${name}.png`) })
    console.log(join(folder, `${name}.png`))
  })
  for (const complaint of new Set(complaints)) console.log(complaint)
  console.log(
    `two people had names and a filled pool after ${secondsToHome.toFixed(1)} s; ${complaints.length} complaints of the browser`,
  )
} finally {
  await browser.close()
  await rm(data, { recursive: true, force: true })
}
