import type { Delivery, Draw, EntropyStatus } from "../api/contract.ts"
import type { Command } from "./command.ts"
import { integerOption } from "./options.ts"
import { oneLine } from "./terminal-text.ts"

const DRAWS_PER_CALL = 1000

export const entropyCommands: readonly Command[] = [
  {
    words: ["entropy", "status"],
    parameters: [],
    options: [],
    summary: "the pool, its sources, and what they do not give",
    async run({ connect, output }) {
      const { progress: _, ...status } = await connect().get<EntropyStatus>("/api/entropy")
      output.item(status, (it) =>
        [
          `policy         ${it.policy}`,
          `pool           ${it.pool.bytes} of ${it.pool.capacity} bytes`,
          `anonymity set  ${it.anonymitySet}`,
          ...it.sources.map((source) => {
            const kind = source.simulated === true ? " (simulated)" : ""
            return `source         ${oneLine(source.name)}${kind}, ${oneLine(source.path)}: ${source.state} ${oneLine(source.detail)}`.trimEnd()
          }),
          ...it.caveats.map((caveat) => `note           ${oneLine(caveat)}`),
        ].join("\n"),
      )
    },
  },
  {
    words: ["entropy", "refill"],
    parameters: [],
    options: ["bytes"],
    summary: "ask the quantum source for a key",
    async run({ connect, output, options }) {
      const bytes = integerOption(options, "bytes", 1, 65_536)
      output.item(
        await connect().post<{ bytes: number }>("/api/entropy/refill", bytes === undefined ? {} : { bytes }),
        (it) => (it.bytes === 0 ? "the pool is full" : `${it.bytes} bytes taken into the pool`),
      )
    },
  },
  {
    words: ["entropy", "log"],
    parameters: [],
    options: [],
    summary: "every draw, and what it was made of",
    async run({ connect, output }) {
      const api = connect()
      let after = 0
      for (;;) {
        const draws = await api.get<readonly Draw[]>(`/api/entropy/draws?after=${after}&limit=${DRAWS_PER_CALL}`)
        for (const draw of draws) output.item(draw, describeDraw)
        const last = draws.at(-1)
        if (last === undefined || draws.length < DRAWS_PER_CALL) return
        after = last.sequence
      }
    },
  },
]

function overChannel({ channel }: Delivery): string {
  return channel === undefined ? "" : ` (over ${oneLine(channel)}, says the Local Provider)`
}

function describeDraw(draw: Draw): string {
  const quantum = draw.eaas.map(({ delivery, offset, length }) => {
    const source =
      "source" in delivery
        ? `${oneLine(delivery.source)}${delivery.simulated ? ", simulated" : ""}${overChannel(delivery)}`
        : "delivery"
    return `${length} from ${source} ${delivery.id} at ${offset}`
  })
  const parts = [...(draw.operatingSystem > 0 ? [`${draw.operatingSystem} from this computer`] : []), ...quantum]
  return [
    String(draw.sequence).padStart(6),
    new Date(draw.at).toISOString(),
    draw.label.padEnd(10),
    `${String(draw.bytes).padStart(5)} bytes`,
    `${oneLine(draw.purpose)}: ${parts.join(" + ")}`,
  ].join("  ")
}
