import { table } from "../mls/table.ts"
import type { Figure } from "./figures.ts"
import { limitsTable } from "./limits.ts"
import { PAPER } from "./paper.ts"
import type { Results } from "./results.ts"

/** What a run showed, in Markdown, beside the paper. */
export function reportOf(results: Results): string {
  const sections = [
    `# Evaluation of ${results.run.options.instances} instances`,
    circumstances(results),
    `## Beside the paper\n\n${paperTable(results)}\n\n${hardware(results)}`,
    `## Distributions, in milliseconds\n\n${METHOD}\n\n${figuresTable(results.figures)}`,
    `## What is to be reached\n\n${limitsTable(results.limits)}`,
    `## What one instance takes\n\n${loadTable(results)}`,
    baselines(results),
  ]
  return `${sections.join("\n\n")}\n`
}

function circumstances({ machine, run, delivery, entropy, instance, joins }: Results): string {
  const { options } = run
  const sizes = run.groups.map(({ members }) => members)
  const bytes = Object.entries(entropy).map(([label, drawn]) => `${drawn} ${label}`)
  return [
    `${machine.cores} x ${machine.processor}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}, ${machine.date}.`,
    `${options.instances} peers in ${run.processes} processes, at most ${options.perProcess} in one, each with its own PeerId, pool, store and libp2p node, wired as the daemon wires its own; started one after the other in ${run.startSeconds.toFixed(0)} s.`,
    `${run.groups.length} groups of ${Math.min(...sizes)} to ${Math.max(...sizes)}, formed in ${run.formSeconds.toFixed(0)} s; from an invitee's consent until all were in one state: median ${shown(joins.median)} ms, p95 ${shown(joins.p95)} ms. Members found each other ${options.discovery === "mdns" ? "by mDNS and by" : "by"} the addresses in their contact links; ${options.machines === 1 ? "all on" : `${options.machines} machines, this one on`} ${options.listen}, at most ${options.connections} connections each.`,
    ...(options.machines === 1 ? [] : [SEVERAL]),
    `${delivery.messages} messages and ${delivery.upds} Upd in ${options.duration / 1000} s. Delivered: ${delivery.delivered} of ${delivery.deliveries} (${percent(delivery.ratio)}).`,
    `Entropy policy ${options.entropy}${options.localOnly ? ", without a platform" : ", one platform for all with a simulated source"}: bytes drawn by label: ${bytes.join(", ")}. "local only" is the operating system's alone: an identity is made before its device has a key of the platform, unless the policy is pure.`,
    `While they talked the machine was ${percent(instance.busy.machineShare)} busy, and the instances took ${percent(instance.busy.instancesShare)} of it.`,
  ].join("\n")
}

function paperTable({ figures }: Results): string {
  const line = (what: string, claim: string, figure: Figure | undefined): readonly string[] => [
    what,
    claim,
    shown(figure?.mean),
    shown(figure?.median),
    shown(figure?.p95),
    shown(figure?.cpu?.median),
    shown(figure?.cpu?.mean),
  ]
  const of = (type: Figure["type"], stage: Figure["stage"]) => whole(figures, type, stage)
  return table(
    ["", "paper, mean", "mean", "median", "p95", "median CPU", "mean CPU"],
    [
      line("text message, encrypt", `< ${PAPER.textEncrypt} ms`, of("msg", "encrypt")),
      line("text message, decrypt", `< ${PAPER.textDecrypt} ms`, of("msg", "decrypt")),
      line("Upd, encrypt", "slower than text", of("upd", "encrypt")),
      line("Upd, decrypt", "faster than its encryption", of("upd", "decrypt")),
      line("Invitation, encrypt", "slower than text", of("invitation", "encrypt")),
      line("Invitation, decrypt", "faster than its encryption", of("invitation", "decrypt")),
      line("text message, whole wait", '"negligible for the user"', of("msg", "end to end")),
      line("Upd, whole wait", "longer than text", of("upd", "end to end")),
      line("Invitation, whole wait", "longer than text", of("invitation", "end to end")),
    ],
  )
}

function hardware({ machine, run }: Results): string {
  const differences = [
    `The paper ran ${PAPER.instances} containers of a Rust program on ${PAPER.cores} virtual cores of an ${PAPER.processor} with ${PAPER.memoryGb} GB; this run had ${machine.cores} x ${machine.processor} with ${machine.memoryGb} GB, ${run.options.instances} peers, and several of them in one process and on one thread.`,
    "The paper gives bounds of means, and neither group sizes, message sizes, suite nor rate: its figures and these are of the same operations, not of the same workload, and a ratio of them says nothing of two programs on one machine.",
  ]
  return differences.join(" ")
}

const SEVERAL =
  "Machines have clocks of their own: transmit and reception are of pairs on one machine, end to end of pairs on this one. Deliveries are counted on all."

const METHOD = `Wall time on the machine's monotonic clock (\`process.hrtime\`), which processes of one machine share, so that what one published and
another received is subtracted directly. CPU: of the peer's thread for one operation, to the microsecond. Encrypt: protecting a text,
making a commit, making a commit with its Welcome. Decrypt: the same at the other end. Transmit: from the hand-over to libp2p until a peer has
the bytes. Reception: from there until what follows is on the disk. End to end: for Msg and Invitation from the call of the local API until the
other's window is told; for Upd from when the peer takes the call up until the other has the new state on its disk. Admission: the
commit of an Invitation, as members process it. Upd and admissions that came by an exchange before gossip brought them are in no figure of theirs.`

function figuresTable(figures: readonly Figure[]): string {
  return table(
    [
      "message",
      "stage",
      "of",
      "n",
      "min",
      "p5",
      "median",
      "mean",
      "p95",
      "p99",
      "max",
      "median CPU",
      "mean CPU",
      "p95 CPU",
    ],
    figures.map((figure) => [
      figure.type,
      figure.stage,
      part(figure),
      String(figure.n),
      ...[figure.min, figure.p5, figure.median, figure.mean, figure.p95, figure.p99, figure.max].map(shown),
      ...[figure.cpu?.median, figure.cpu?.mean, figure.cpu?.p95].map(shown),
    ]),
  )
}

function part({ suite, size }: Figure): string {
  if (suite !== undefined) return `suite ${suite}`
  return size === undefined ? "all" : `${size} B`
}

function loadTable({ instance, delivery, run, writes }: Results): string {
  const { idle, busy, startMs } = instance
  const perDelivery = delivery.deliveries / run.options.instances
  return table(
    ["", "idle", "talking"],
    [
      ["CPU for each second, ms", shown(idle.cpuMsPerSecond), shown(busy.cpuMsPerSecond)],
      ["resident memory, MB (a share of its process)", shown(idle.memoryMb), shown(busy.memoryMb)],
      ["bytes sent to peers for each second", rate(idle.sentBytes, idle.seconds), rate(busy.sentBytes, busy.seconds)],
      ["bytes sent for each delivery", "-", shown(busy.sentBytes / perDelivery)],
      ["CPU for each delivery, ms", "-", shown((busy.cpuMsPerSecond * busy.seconds) / perDelivery)],
      [
        "durable writes for a message sent / received",
        "-",
        `${shown(writes.perMessageSent)} / ${shown(writes.perMessageReceived)}`,
      ],
      ["start in a running process, ms (median)", shown(startMs.median), "-"],
    ],
  )
}

function baselines({ baselines }: Results): string {
  if (baselines === undefined) return "## Baselines\n\nNot measured: `--no-baselines`."
  const { rawTcp, plainGossip, twoPeers, durableWrite, engines } = baselines
  const line = (what: string, size: string, d: { median: number; p95: number; n: number }): readonly string[] => [
    what,
    size,
    String(d.n),
    shown(d.median),
    shown(d.p95),
  ]
  const journeys = table(
    ["", "bytes", "n", "median, ms", "p95, ms"],
    [
      ...rawTcp.map((each) => line("raw TCP, round trip", String(each.size), each)),
      ...plainGossip.map((each) => line("plain GossipSub, one way", String(each.size), each)),
      line("Starling, two peers, call to window", "200", twoPeers),
      line("one durable write", "1024", durableWrite),
    ],
  )
  const rows = table(
    ["operation", "n", "suite", "ours, us CPU", "ts-mls stock", "openmls-wasm", "core-crypto"],
    engines.map(({ op, n, suite, cpuUs, tsMlsStockUs, openMlsWasmUs, coreCryptoUs }) => [
      op,
      String(n),
      String(suite),
      String(cpuUs),
      ...[tsMlsStockUs, openMlsWasmUs, coreCryptoUs].map((us) => (us === null ? "-" : String(us))),
    ]),
  )
  return `## Baselines, after the run\n\n${journeys}\n\n${rows}`
}

function whole(figures: readonly Figure[], type: Figure["type"], stage: Figure["stage"]): Figure | undefined {
  return figures.find(
    (figure) =>
      figure.type === type && figure.stage === stage && figure.suite === undefined && figure.size === undefined,
  )
}

function rate(bytes: number, seconds: number): string {
  return (bytes / seconds).toFixed(0)
}

function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "-"
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3)
}

function percent(share: number): string {
  return `${Math.floor(1000 * share) / 10} %`
}
