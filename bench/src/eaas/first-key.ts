import { discover, HttpAuthentication, type Platform } from "@starling/eaas"
import { decodeSealedEpoch } from "@starling/eaas/frames"
import { z } from "zod"

import { Daemon, until } from "../daemon.ts"
import { medianOf, type FigureModule } from "./figure.ts"
import { addUser, startPlatform, temporaryFolder } from "./platform-process.ts"

const PATIENCE = 120_000
const PERIOD = 50
const Status = z.object({ sources: z.array(z.object({ id: z.string(), detail: z.string() })) })
const Deliveries = z.array(z.object({ receivedAt: z.number(), proofMilliseconds: z.number() }))

/** A user's first key: from the time at which the epoch opened that the user is in, with a peer that is started only then. */
export const firstKey: FigureModule = {
  name: "first-key",
  async *measure({ repeats }) {
    const waits: number[] = []
    const starts: number[] = []
    const proofs: number[] = []
    for (let i = 0; i < Math.min(3, repeats); i++) {
      const { wait, start, proof } = await measureOnce()
      waits.push(wait)
      starts.push(start)
      proofs.push(proof)
    }
    yield { figure: "first key after its epoch opened, from a cold start, median", value: medianOf(waits), unit: "ms" }
    yield { figure: "the same, longest", value: Math.max(...waits), unit: "ms" }
    yield { figure: "of it the start of the peer, median", value: medianOf(starts), unit: "ms" }
    yield { figure: "of it the proof, median", value: medianOf(proofs), unit: "ms" }
  },
}

async function measureOnce() {
  await using stack = new AsyncDisposableStack()
  const running = await startPlatform(stack, [])
  const folder = temporaryFolder(stack)
  const code = await addUser(running, "ana")
  const options = { folder, name: "Ana", more: ["--headless", "--no-mdns", "--eaas", `${running.url}#${code}`] }
  {
    await using registering = await Daemon.start(options)
    await until(async () => (await stateOf(registering)).startsWith("Registered"), PATIENCE)
  }
  const { platform } = await discover(running.url, AbortSignal.timeout(PATIENCE))
  const opened = await openingOf(platform)
  const begin = Date.now()
  await using daemon = await Daemon.start(options)
  const start = Date.now() - begin
  const deliveries = async (): Promise<z.infer<typeof Deliveries>> =>
    await daemon.call("GET", "/api/entropy/deliveries", Deliveries)
  await until(async () => (await deliveries()).length > 0, PATIENCE, PERIOD)
  const first = (await deliveries()).reduce((a, b) => (a.receivedAt < b.receivedAt ? a : b))
  return { wait: first.receivedAt - opened, start, proof: first.proofMilliseconds }
}

/** What the peer says of the platform. */
async function stateOf(daemon: Daemon): Promise<string> {
  const { sources } = await daemon.call("GET", "/api/entropy", Status)
  return sources.find(({ id }) => id === "eaas")?.detail ?? ""
}

/** When the first epoch opened, as soon as it has. */
async function openingOf(platform: Platform): Promise<number> {
  const authentication = new HttpAuthentication(platform)
  let frame: Uint8Array | undefined
  await until(
    async () => (frame = await authentication.newestEpoch(AbortSignal.timeout(PATIENCE))) !== undefined,
    PATIENCE,
    PERIOD,
  )
  const sealed = decodeSealedEpoch(frame ?? new Uint8Array())
  if (sealed.kind === "malformed") throw new Error(`the platform shows an epoch that is ${sealed.why}`)
  return sealed.value.opensAt
}
