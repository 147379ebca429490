import { isIP } from "node:net"
import { DEFAULT_API_PORT, DEFAULT_FILL_TO, DEFAULT_LISTEN } from "../config.ts"
import type { EaasChoice, TapChoice } from "../daemon/daemon.ts"
import { usageError } from "./cli-error.ts"
import type { Command } from "./command.ts"
import { openBrowser } from "./open-browser.ts"
import { integerOption, type Options } from "./options.ts"
import { aborted, stopSignal } from "./stop-signal.ts"
import { startupFault } from "./startup-fault.ts"
import { oneLine } from "./terminal-text.ts"

const POLICIES = ["mixed", "strict", "pure"] as const

export const upCommand: Command = {
  words: ["up"],
  parameters: [],
  options: [
    "name",
    "port",
    "listen",
    "eaas",
    "branch",
    "phone",
    "eaas-certificate",
    "entropy",
    "headless",
    "no-open",
    "no-mdns",
    "plain-topics",
  ],
  summary: "start this peer; Ctrl-C ends it",
  async run({ config, dataFolder, options, output }) {
    const headless = options.headless === true
    const chosen = {
      dataFolder,
      name: options.name,
      port: integerOption(options, "port", 0, 65_535) ?? DEFAULT_API_PORT,
      listen: listenAddresses(options),
      eaas: eaasChoice(options),
      tap: tapChoice(options),
      branch: options.branch,
      policy: policyChoice(options),
      fillTo: DEFAULT_FILL_TO,
      headless,
      mdns: options["no-mdns"] !== true,
      plainTopics: options["plain-topics"] === true,
      mailbox: false,
      log: (text: string) => void process.stderr.write(`${oneLine(text)}\n`),
    }
    process.umask(0o077)
    const stop = stopSignal()
    // Only this command needs what a daemon is made of.
    const { startDaemon } = await import("../daemon/compose.ts")
    await using daemon = await startDaemon(chosen, stop).catch((error: unknown): undefined => {
      if (!stop.aborted) startupFault(error)
    })
    if (daemon === undefined) return
    const { identity, peerId, api, listen } = daemon
    const ui = daemon.uiLink() ?? ""
    output.item({ ready: true, identity, peerId, api, ui, listen }, () =>
      headless ? `Starling runs on ${dataFolder}; its API: ${api}` : `Starling runs. Its UI, for one visit: ${ui}`,
    )
    if (!headless && options["no-open"] !== true && config.display) openBrowser(ui)
    await Promise.race([aborted(stop), daemon.stopRequested])
  },
}

export function listenAddresses({ listen = DEFAULT_LISTEN }: Options): readonly string[] {
  const wrong = listen.find((address) => !isTcpAddress(address))
  if (wrong === undefined) return listen
  throw usageError(`--listen takes /ip4/ADDRESS/tcp/PORT or /ip6/ADDRESS/tcp/PORT, not "${wrong}"`)
}

function isTcpAddress(text: string): boolean {
  const [, family, address = "", port] = /^\/ip([46])\/([^/]+)\/tcp\/(\d{1,5})$/.exec(text) ?? []
  return isIP(address) === Number(family) && Number(port) <= 65_535
}

function eaasChoice({ eaas = "embedded", "eaas-certificate": certificate }: Options): EaasChoice {
  const isUrl = /^https?:\/\//.test(eaas) && URL.canParse(eaas)
  if (isUrl) return { kind: "remote", url: eaas, ...(certificate !== undefined && { certificate }) }
  if (certificate !== undefined) throw usageError("--eaas-certificate goes with the URL of a platform in --eaas")
  if (eaas === "embedded" || eaas === "off") return { kind: eaas }
  throw usageError(
    `--eaas takes "embedded", "off" or the URL of a platform with your enrolment code (http://HOST:PORT/#CODE), not "${eaas}"`,
  )
}

function tapChoice({ phone }: Options): TapChoice {
  if (phone === undefined) return { kind: "loopback" }
  const [, host = "", port] = /^(\d+\.\d+\.\d+\.\d+):(\d{1,5})$/.exec(phone) ?? []
  if (isIP(host) === 4 && Number(port) <= 65_535) return { kind: "phone", host, port: Number(port) }
  throw usageError(`--phone takes an IPv4 address of this machine and a port (127.0.0.1:0), not "${phone}"`)
}

function policyChoice({ entropy = "mixed" }: Options): (typeof POLICIES)[number] {
  const policy = POLICIES.find((name) => name === entropy)
  if (policy === undefined) throw usageError(`--entropy takes one of ${POLICIES.join(", ")}, not "${entropy}"`)
  return policy
}
