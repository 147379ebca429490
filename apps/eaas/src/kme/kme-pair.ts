import { KeyManagementEntity, KeyStock } from "@starling/eaas/kme"
import type { Credentials } from "@starling/eaas/node"
import { osEntropy } from "@starling/entropy/node"
import { wipe } from "@starling/kernel"

import type { CertificateAuthority } from "../certificates/certificate-authority.ts"
import type { Log } from "../log.ts"
import { LinkProducer, type LinkFigures } from "./link-producer.ts"
import { serveKme } from "./serve-kme.ts"

export interface KmePairSettings {
  /** Names of the SAEs on either side: of the platform, and of the branches. */
  readonly platformSaes: readonly string[]
  readonly branchSaes: readonly string[]
  readonly ports: readonly [number, number]
  readonly interception: number
  /** Signs what the SAEs and the KMEs know each other by. */
  readonly authority: CertificateAuthority
}

/** What an operator sees of the link. Counts are since the start. */
export interface LinkHealth {
  readonly simulated: boolean
  readonly state: "ok" | "alarm"
  readonly why: string | null
  readonly stock: { readonly distilled: number; readonly bootstrapped: number }
  readonly blocks: Readonly<Record<LinkFigures["outcome"], number>>
  readonly distilledBytes: number
  readonly cpuSeconds: number
  /** Quantum bit error rate of the last block that gave key; `null` before the first. */
  readonly qber: number | null
}

export interface KmePair extends AsyncDisposable {
  health(): LinkHealth
  /** Base URLs of the KMEs, by the SAE that they serve. */
  urlFor(sae: string): string
  credentialsFor(sae: string): Promise<Credentials>
}

/**
 * What both ends have before the link has made any, put in by hand as one does with new devices: enough to fill a pool,
 * so that a first run waits for no physics.
 */
const BOOTSTRAP = 128 * 1024
/** The link works from here, up to there. In bytes. */
const LOW = 48 * 1024
const HIGH = 160 * 1024
/** In milliseconds. */
const PERIOD = 5_000

/** Name of the authority that the two ends of the embedded pair have. */
export const KME_AUTHORITY = "Starling embedded KMEs"

/** The embedded pair: two KMEs with doors of their own, and a simulated link between them. */
export async function startKmePair(settings: KmePairSettings, log: Log): Promise<KmePair> {
  const { platformSaes, branchSaes, ports, interception, authority } = settings
  await using stack = new AsyncDisposableStack()
  const stocks = [new KeyStock("front"), new KeyStock("back")] as const
  // Whoever turns the eavesdropper on wants to see what the link does then, and not what was put in beside it.
  if (interception === 0) bootstrap(stocks)
  const counts = { blocks: { key: 0, "no key": 0, alarm: 0 }, distilledBytes: 0, cpuSeconds: 0 }
  let qber: number | null = null
  const observe = ({ outcome, bytes, cpuSeconds, errorRate }: LinkFigures): void => {
    qber = errorRate ?? qber
    counts.blocks[outcome]++
    counts.distilledBytes += bytes
    counts.cpuSeconds += cpuSeconds
  }
  const producer = stack.use(
    new LinkProducer({ stocks, low: LOW, high: HIGH, period: PERIOD, interception, log, observe }),
  )
  const common = {
    capacity: HIGH,
    random: { draw: (length: number) => osEntropy(length) },
    link: () => ({ simulated: true, alarm: producer.alarm ?? null }),
  }
  const [here, there] = stocks
  const platform = stack.use(
    new KeyManagementEntity({
      ...common,
      id: "platform-kme",
      localSaes: platformSaes,
      remoteSaes: branchSaes,
      stock: here,
    }),
  )
  const branch = stack.use(
    new KeyManagementEntity({
      ...common,
      id: "branch-kme",
      localSaes: branchSaes,
      remoteSaes: platformSaes,
      stock: there,
    }),
  )
  platform.connect(branch)
  branch.connect(platform)
  const doorOf = async (kme: KeyManagementEntity, port: number) =>
    stack.use(await serveKme(kme, (await authority.forServer(kme.id, Date.now())).credentials, port, log))
  const platformDoor = await doorOf(platform, ports[0])
  const branchDoor = await doorOf(branch, ports[1])
  const running = stack.move()
  return {
    health: () => ({
      simulated: true,
      state: producer.alarm === undefined ? "ok" : "alarm",
      why: producer.alarm ?? null,
      stock: { distilled: here.available("distilled"), bootstrapped: here.available("bootstrapped") },
      blocks: { ...counts.blocks },
      distilledBytes: counts.distilledBytes,
      cpuSeconds: counts.cpuSeconds,
      qber,
    }),
    urlFor: (sae) => `https://127.0.0.1:${platformSaes.includes(sae) ? platformDoor.port : branchDoor.port}/`,
    credentialsFor: async (sae) => (await authority.forClient(sae, Date.now())).credentials,
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}

function bootstrap(stocks: readonly KeyStock[]): void {
  const key = osEntropy(BOOTSTRAP)
  for (const stock of stocks) stock.add(key, "bootstrapped")
  wipe(key)
}
