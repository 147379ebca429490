import { join } from "node:path"
import {
  discover,
  EntropyClient,
  EntropyClientError,
  HttpAuthentication,
  LoopbackTap,
  Unreachable,
  type ClientJournal,
  type Platform,
} from "@starling/eaas"
import { assertNever, type Bytes, type Milliseconds } from "@starling/kernel"
import { Prover } from "@starling/proof/node"
import type { Store } from "@starling/messenger/ports"
import type { DaemonOptions } from "./daemon.ts"
import { EmbeddedEaas } from "./embedded-eaas.ts"
import type { KeyService } from "./key-service.ts"
import { keyServiceError } from "./key-service-error.ts"
import type { Ledger } from "./ledger.ts"

export interface EaasSurroundings {
  readonly store: Pick<Store, "get">
  readonly ledger: Ledger
  readonly localRandom: (length: number, purpose: string) => Bytes
  readonly now: () => Milliseconds
}

/** How to reach the platform that was chosen, starting it first where it is the embedded one; `undefined` where there is none. */
export function connectEaas(
  { eaas, dataFolder }: Pick<DaemonOptions, "eaas" | "dataFolder">,
  surroundings: EaasSurroundings,
  resources: AsyncDisposableStack,
): ((signal: AbortSignal) => Promise<KeyService>) | undefined {
  switch (eaas.kind) {
    case "off":
      return undefined
    case "remote":
      return async (signal) => await connect(await eaas.url, surroundings, resources, signal)
    case "embedded": {
      let platform: EmbeddedEaas | undefined
      return async (signal) => {
        if (platform?.alive !== true)
          platform = resources.use(await EmbeddedEaas.start(join(dataFolder, "eaas"), signal))
        return await connect(platform.url, surroundings, resources, signal)
      }
    }
    default:
      return assertNever(eaas)
  }
}

async function connect(
  url: string,
  { store, ledger, localRandom, now }: EaasSurroundings,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<KeyService> {
  try {
    const { platform, enrolmentCode } = await discover(url, signal)
    const [localProvider] = platform.localProviders
    if (localProvider === undefined) throw new Unreachable(`the platform at ${url} names no Local Provider`)
    const client = new EntropyClient({
      platform,
      localProvider,
      authentication: new HttpAuthentication(platform),
      tap: new LoopbackTap(localProvider),
      prover: resources.use(await Prover.open()),
      random: { draw: localRandom },
      journal: journalIn(store, ledger),
      clock: { now },
    })
    return serviceOf(platform, client, enrolmentCode)
  } catch (error) {
    throw keyServiceError(error)
  }
}

function serviceOf(platform: Platform, client: EntropyClient, enrolmentCode: string): KeyService {
  return {
    name: platform.embedded ? "embedded quantum source" : new URL(platform.authentication.url).host,
    path: "loopback tap",
    embedded: platform.embedded,
    simulated: platform.simulatedSource,
    developmentProvingKey: platform.developmentProvingKey,
    async obtain(length, signal, onStep, accept) {
      try {
        if (!client.registered) {
          onStep("registering")
          if (enrolmentCode === "") throw new EntropyClientError("not-registered")
          await client.register(enrolmentCode, signal)
        }
        await client.obtain(length, signal, onStep, (key) => void accept(key))
      } catch (error) {
        throw keyServiceError(error)
      }
    },
    async prepare(length, signal) {
      try {
        return await client.prepare(length, signal)
      } catch (error) {
        throw keyServiceError(error)
      }
    },
  }
}

const BUCKET = "eaas"
const KEY = "client"

/** Durable, sealed, and written together with the records of the draws that it holds. */
function journalIn(store: Pick<Store, "get">, ledger: Ledger): ClientJournal {
  return {
    load: () => store.get(BUCKET, KEY, KEY),
    save: (value) => ledger.commit([{ kind: "put", bucket: BUCKET, partition: KEY, key: KEY, ordinal: 0, value }]),
  }
}
