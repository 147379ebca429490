import {
  EntropyClient,
  HttpAuthentication,
  LoopbackTap,
  type ClientJournal,
  type KeyDelivered,
  type Platform,
  type Tap,
} from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import type { Prover } from "@starling/proof/node"

const patience = AbortSignal.timeout(600_000)

export function memoryJournal(): ClientJournal {
  let state: Bytes | undefined
  return { load: () => state, save: (next) => void (state = next) }
}

/** A client of a platform that is reached over HTTP. */
export function clientOf(
  platform: Platform,
  prover: Prover,
  journal = memoryJournal(),
  branch = 0,
  tap?: Tap,
): EntropyClient {
  const localProvider = platform.localProviders[branch]!
  return new EntropyClient({
    platform,
    localProvider,
    authentication: new HttpAuthentication(platform),
    tap: tap ?? new LoopbackTap(localProvider),
    prover,
    random: { draw: (length) => osEntropy(length) },
    journal,
    clock: { now: () => Date.now() },
  })
}

export async function keyOf(client: EntropyClient, size: 1024 | 8192): Promise<KeyDelivered> {
  let key: KeyDelivered | undefined
  await client.obtain(
    size,
    patience,
    () => {},
    ({ bytes, ...rest }) => void (key = { bytes: bytes.slice(), ...rest }),
  )
  return key!
}
