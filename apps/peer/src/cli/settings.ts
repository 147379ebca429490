import type { Settings } from "../api/contract.ts"
import { usageError } from "./cli-error.ts"
import type { Command } from "./command.ts"

export const settingsCommands: readonly Command[] = [
  {
    words: ["settings", "show"],
    parameters: [],
    options: [],
    summary: "what you chose for this device",
    async run({ connect, output }) {
      output.item(await connect().get<Settings>("/api/settings"), describe)
    },
  },
  {
    words: ["settings", "heal-every"],
    parameters: ["DAYS"],
    options: [],
    summary: "renew your keys in each group once in 1 to 30 days by themselves, or `off`",
    async run({ connect, output, arguments: [days = ""] }) {
      const healEveryDays = parseDays(days)
      output.item(await connect().put<Settings>("/api/settings", { healEveryDays }), describe)
    },
  },
]

/** Throws `CliError`. Whether there are so many days is for the daemon to say. */
function parseDays(text: string): number | null {
  if (text === "off") return null
  if (!/^[0-9]{1,4}$/.test(text))
    throw usageError("DAYS is a whole number from 1 to 30, or `off`: `starling settings heal-every 7`")
  return Number(text)
}

function describe({ healEveryDays }: Settings): string {
  if (healEveryDays === null) return "keys are renewed only when you ask for it: `starling group heal G`"
  return `keys are renewed in each group ${healEveryDays === 1 ? "every day" : `every ${healEveryDays} days`}`
}
