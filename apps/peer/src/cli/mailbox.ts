import { join } from "node:path"
import type { Command } from "./command.ts"
import { integerOption } from "./options.ts"
import { startupFault } from "./startup-fault.ts"
import { aborted, stopSignal } from "./stop-signal.ts"
import { oneLine } from "./terminal-text.ts"
import { listenAddresses } from "./up.ts"

/** A mailbox is a peer of its own, whoever runs it: it never shares a data folder with a person. */
export const mailboxCommand: Command = {
  words: ["mailbox"],
  parameters: [],
  options: ["port", "listen", "no-mdns"],
  summary: "run a mailbox: keeps ciphertext of the groups it is handed, and can read none of it",
  async run({ config, dataFolder: chosen, options, output }) {
    const dataFolder = options.data === undefined ? join(config.dataFolder, "..", "starling-mailbox") : chosen
    process.umask(0o077)
    const stop = stopSignal()
    // Only a daemon needs what it is made of.
    const { startDaemon } = await import("../daemon/compose.ts")
    const settings = {
      dataFolder,
      name: undefined,
      port: integerOption(options, "port", 0, 65_535) ?? 0,
      listen: listenAddresses(options),
      eaas: { kind: "off" },
      policy: "mixed",
      fillTo: 0,
      headless: true,
      mdns: options["no-mdns"] !== true,
      tap: { kind: "loopback" },
      branch: undefined,
      plainTopics: false,
      mailbox: true,
      log: (text: string) => void process.stderr.write(`${oneLine(text)}\n`),
    } as const
    await using daemon = await startDaemon(settings, stop).catch((error: unknown): undefined => {
      if (!stop.aborted) startupFault(error)
    })
    if (daemon === undefined) return
    const { identity, peerId, api, listen } = daemon
    const link = daemon.mailboxLink() ?? ""
    output.item({ ready: true, identity, peerId, api, listen, mailbox: link }, () =>
      [`This mailbox runs on ${dataFolder}. Add it to a group with its link:`, link].join("\n"),
    )
    await Promise.race([aborted(stop), daemon.stopRequested])
  },
}
