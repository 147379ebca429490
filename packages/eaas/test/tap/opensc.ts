import { execFile } from "node:child_process"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"

const OPENSC_TOOL = "/usr/bin/opensc-tool"
const run = promisify(execFile)

export interface OpenscAnswer {
  /** SW1 and SW2, four hexadecimal digits. */
  readonly status: string
  /** Hexadecimal. */
  readonly data: string
}

/** Sends commands, each as hexadecimal bytes, to the card in slot `slot` by OpenSC's own reader. */
export async function opensc(slot: number, commands: readonly string[]): Promise<readonly OpenscAnswer[]> {
  const sends = commands.flatMap((command) => ["-s", command])
  const { stdout } = await run(OPENSC_TOOL, ["-r", String(slot), "-c", "default", ...sends]).catch(
    (error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? "" }),
  )
  const answers = stdout.split("Received (").slice(1)
  return answers.map((answer) => {
    const [, sw1 = "", sw2 = ""] = /^SW1=0x([0-9A-F]{2}), SW2=0x([0-9A-F]{2})/.exec(answer) ?? []
    const lines = answer.split("\n").filter((line) => /^([0-9A-F]{2} ){1,16}/.test(line))
    const data = lines.map((line) => line.slice(0, 48).replaceAll(" ", "")).join("")
    return { status: `${sw1}${sw2}`.toLowerCase(), data: data.toLowerCase() }
  })
}

/** Resolves when PC/SC has seen that no card is in the slot: a card that comes back before is never powered. */
export async function slotIsEmpty(slot: number): Promise<void> {
  for (;;) {
    const { stdout } = await run(OPENSC_TOOL, ["-l"])
    if (new RegExp(`^${slot} +No `, "m").test(stdout)) return
    await pause(100)
  }
}
