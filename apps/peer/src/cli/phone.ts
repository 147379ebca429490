import { spawn } from "node:child_process"
import { once } from "node:events"
import { CliError } from "./cli-error.ts"
import type { Command } from "./command.ts"

/** The app's component, and the extra that it reads the code from: `android/app`. */
const ACTIVITY = "org.starling.tap/.PairActivity"
const EXTRA = "org.starling.tap.CODE"

export const phoneCommands: readonly Command[] = [
  {
    words: ["phone", "pair"],
    parameters: [],
    options: ["here"],
    summary: "pair the phone that brings keys from a Local Provider; the one before is paired no more",
    async run({ connect, output, options }) {
      const { code } = await connect().post<{ code: string }>("/api/entropy/phone")
      if (options.here === true) {
        await startActivity(code)
        output.item({ paired: true }, () => "The app on this phone has the code.")
        return
      }
      const { toString } = await import("qrcode")
      const picture = await toString(code, { type: "utf8", errorCorrectionLevel: "L" })
      output.item({ code }, () =>
        [picture, "Scan this with Starling Tap. Whoever has it can bring keys here, and read none:", code].join("\n"),
      )
    },
  },
]

/** Names the app itself, so that no other gets the code. */
async function startActivity(code: string): Promise<void> {
  const child = spawn("am", ["start", "-n", ACTIVITY, "--es", EXTRA, code], { stdio: "ignore" })
  const status = await Promise.race([
    once(child, "exit").then(([status]: unknown[]) => status),
    once(child, "error").then(() => undefined),
  ])
  if (status !== 0) {
    throw new CliError(
      "no-app",
      "the app could not be started: on an Android phone, install Starling Tap (docs/android.md)",
    )
  }
}
