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
  {
    words: ["settings", "receipts"],
    parameters: ["on|off"],
    options: [],
    summary: "whether authors learn that you read, and you learn it of yours: both or neither",
    async run({ connect, output, arguments: [choice = ""] }) {
      if (choice !== "on" && choice !== "off") throw usageError(`receipts are "on" or "off", not "${choice}"`)
      output.item(await connect().put<Settings>("/api/settings", { receipts: choice === "on" }), describe)
    },
  },
  {
    words: ["settings", "retention"],
    parameters: ["HOURS"],
    options: [],
    summary: "keep ciphertext for members who are away for 1 to 336 hours",
    async run({ connect, output, arguments: [hours = ""] }) {
      if (!/^[0-9]{1,3}$/.test(hours) || Number(hours) < 1 || Number(hours) > 336)
        throw usageError("HOURS is a whole number from 1 to 336: `starling settings retention 72`")
      output.item(await connect().put<Settings>("/api/settings", { retentionHours: Number(hours) }), describe)
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

function describe({ healEveryDays, receipts, retentionHours }: Settings): string {
  return [
    healText(healEveryDays),
    receipts ? "authors learn what you read, and you what others read" : "nobody learns what was read, both ways",
    `ciphertext is kept for members who are away for ${retentionHours} h`,
  ].join("\n")
}

function healText(days: number | null): string {
  if (days === null) return "keys are renewed only when you ask for it: `starling group heal G`"
  return `keys are renewed in each group ${days === 1 ? "every day" : `every ${days} days`}`
}
