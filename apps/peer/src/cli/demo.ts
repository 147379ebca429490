import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ApiClient } from "./api-client.ts"
import type { Command } from "./command.ts"
import { formGroup, healAll, type Actor } from "./demo-story.ts"
import { openBrowser } from "./open-browser.ts"
import { startupFault } from "./startup-fault.ts"
import { aborted, stopSignal } from "./stop-signal.ts"
import { oneLine } from "./terminal-text.ts"

const NAMES = ["Ana", "Bo", "Cy"] as const
/** A share of the pool that one key is enough for: three peers make their proofs on one machine. */
const ONE_KEY = 0.1
const PATIENCE_MS = 60_000

export const demoCommand: Command = {
  words: ["demo"],
  parameters: [],
  options: ["headless", "no-open"],
  summary: "three peers and an EaaS in one go, to look at; Ctrl-C ends it",
  async run({ config, options, output }) {
    process.umask(0o077)
    const start = performance.now()
    const tell = (text: string): void =>
      output.note(`${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s  ${text}`)
    const patience = AbortSignal.timeout(PATIENCE_MS)
    const stop = stopSignal()
    const ended = aborted(stop)
    const { startDaemon } = await import("../daemon/compose.ts")
    const { EmbeddedEaas } = await import("../daemon/embedded-eaas.ts")
    await using resources = new AsyncDisposableStack()
    const home = mkdtempSync(join(tmpdir(), "starling-demo-"))
    resources.defer(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }))
    const starting = EmbeddedEaas.start(join(home, "eaas"), patience)
    resources.defer(async () => await (await starting)[Symbol.asyncDispose]())
    const headless = options.headless === true
    const peers = await Promise.all(
      NAMES.map(async (name) => {
        const dataFolder = join(home, name.toLowerCase())
        const daemon = resources.use(
          await startDaemon(
            {
              dataFolder,
              name,
              port: 0,
              listen: ["/ip4/127.0.0.1/tcp/0"],
              eaas: { kind: "remote", url: starting.then(async (platform) => await platform.urlForUser(name)) },
              policy: "mixed",
              fillTo: ONE_KEY,
              headless,
              mdns: false,
              tap: { kind: "loopback" },
              branch: undefined,
              plainTopics: false,
              mailbox: false,
              log: (text) => void process.stderr.write(`${oneLine(text)}\n`),
            },
            stop,
          ).catch(startupFault),
        )
        const actor: Actor = { name, identity: daemon.identity, api: ApiClient.connect(dataFolder) }
        return { actor, daemon, dataFolder }
      }),
    )
    tell(`${NAMES.join(", ")}: three peers run on ${home}`)
    const actors = peers.map(({ actor }) => actor)
    const group = await Promise.race([formGroup(actors, tell, patience), ended])
    if (group === undefined) return
    const seconds = Math.round((performance.now() - start) / 100) / 10
    const shown = peers.map(({ actor, daemon, dataFolder }) => ({
      name: actor.name,
      data: dataFolder,
      ui: daemon.uiLink() ?? "",
    }))
    output.item({ ready: true, group, seconds, peers: shown }, () =>
      [
        "",
        ...shown.map(({ name, ui }) => `${name.padEnd(4)} ${ui}`),
        "",
        "Each link opens one window, once. Ctrl-C ends the demo and removes its data.",
      ].join("\n"),
    )
    const [first] = shown
    if (!headless && options["no-open"] !== true && config.display && first !== undefined) openBrowser(first.ui)
    await Promise.race([healAll(group, actors, tell, patience), ended])
    await ended
  },
}
