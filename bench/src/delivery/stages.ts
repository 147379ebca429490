import type { CpuProfile } from "./cpu-profile.ts"

interface Stage {
  readonly name: string
  /** Of a function's name and place, `name file:line`. */
  readonly is: RegExp
}

/** A sample belongs to the innermost of its callers that one of these names; earlier ones go first. */
const STAGES: readonly Stage[] = [
  { name: "waiting for input", is: /^\(idle\)/ },
  { name: "garbage collection", is: /^\(garbage collector\)/ },
  { name: "draws", is: /entropy\/src\// },
  { name: "sealing rows", is: /row-cipher\.ts|blind-names\.ts/ },
  { name: "SQLite and fsync", is: /sqlite-store\.ts|sqlite-failure\.ts/ },
  { name: "journal of draws", is: /draw-journal\.ts/ },
  { name: "MLS", is: /mls\/src\// },
  { name: "envelope", is: /envelope\.ts|gossip-budget\.ts/ },
  { name: "rows in the making", is: /persist\.ts|state-rows\.ts|group-row\.ts|deferrable\.ts/ },
  { name: "exchange of vectors", is: /messenger\/src\/sync\/|peer\/requests\.ts|peer\/wake\.ts/ },
  { name: "messenger, the rest", is: /messenger\/src\// },
  { name: "Noise", is: /@libp2p\/noise\/|@noble\/ciphers|@chainsafe\/as-chacha/ },
  { name: "yamux", is: /@libp2p\/yamux\// },
  { name: "TCP", is: /@libp2p\/tcp\/|\bstream_base_commons|\bwriteBuffer\b|\bwritev\b/ },
  { name: "GossipSub", is: /@libp2p\/gossipsub\// },
  { name: "direct streams", is: /p2p\/src\/(?:direct-streams|frame|turnstile)\.ts/ },
  { name: "libp2p, the rest", is: /libp2p|multiformats|uint8array|weald|main-event|p2p\/src\// },
  { name: "WebSocket push", is: /event-socket\.ts|event-hub\.ts|\/ws\/lib\// },
  { name: "HTTP API", is: /peer\/src\/api\/|hono|node:_http|undici|webstreams/ },
  { name: "runner", is: /peer\/src\/daemon\// },
]
const REST = "the rest"

/** Microseconds of the main thread in each stage, in the order above; the disk is waited for on that thread too. */
export function byStage({ stacks }: CpuProfile): ReadonlyMap<string, number> {
  const stages = new Map(STAGES.map(({ name }) => [name, 0]))
  for (const { frames, us } of stacks) {
    const stage = stageOf(frames)
    stages.set(stage, (stages.get(stage) ?? 0) + us)
  }
  return stages
}

function stageOf(frames: readonly string[]): string {
  for (const frame of frames) {
    const stage = STAGES.find(({ is }) => is.test(frame))
    if (stage !== undefined) return stage.name
  }
  return REST
}
