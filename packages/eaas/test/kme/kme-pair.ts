import { KeyManagementEntity, KeyStock, Sae, type KmeTransport } from "@starling/eaas/kme"
import { seeded } from "../link/short-link.ts"

export const PATIENCE = AbortSignal.timeout(600_000)

/** Two KMEs with a link between them that made so many bytes, and two SAEs at either end. */
export function kmePair(
  bytes: number,
  options: { readonly bootstrapped?: number; readonly simulated?: boolean; readonly seed?: number } = {},
) {
  const stocks = [new KeyStock("front"), new KeyStock("back")] as const
  const random = { draw: seeded(3 + (options.seed ?? 0)) }
  const bootstrapped = seeded(2)(options.bootstrapped ?? 0)
  const distilled = seeded(options.seed ?? 1)(bytes)
  for (const stock of stocks) {
    if (bootstrapped.length > 0) stock.add(bootstrapped, "bootstrapped")
    if (distilled.length > 0) stock.add(distilled, "distilled")
  }
  let alarm: string | null = null
  const common = { capacity: 65_536, random, link: () => ({ simulated: options.simulated ?? true, alarm }) }
  const [near, far] = [
    ["alice", "carol"],
    ["bob", "dave"],
  ] as const
  const here = new KeyManagementEntity({ ...common, id: "KME-A", localSaes: near, remoteSaes: far, stock: stocks[0] })
  const there = new KeyManagementEntity({ ...common, id: "KME-B", localSaes: far, remoteSaes: near, stock: stocks[1] })
  here.connect(there)
  there.connect(here)
  return { here, there, stocks, raise: (why: string | null) => void (alarm = why) }
}

/** What HTTPS and the certificate make of a call, without either. */
export function transportTo(kme: KeyManagementEntity, sae: string | undefined): KmeTransport {
  return {
    async call(method, path, body) {
      const url = new URL(path, "https://kme.invalid")
      const json: unknown = body === undefined ? undefined : JSON.parse(JSON.stringify(body))
      const answer = kme.answer({ sae, method, path: url.pathname, query: url.searchParams, body: json })
      return {
        status: answer.status,
        body: "body" in answer ? (JSON.parse(JSON.stringify(answer.body)) as unknown) : undefined,
      }
    },
  }
}

export function saes(pair: ReturnType<typeof kmePair>) {
  return {
    alice: new Sae("alice", transportTo(pair.here, "alice")),
    bob: new Sae("bob", transportTo(pair.there, "bob")),
  }
}
