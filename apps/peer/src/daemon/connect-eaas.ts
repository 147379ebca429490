import { join } from "node:path"
import {
  discover,
  EntropyClient,
  EntropyClientError,
  HttpAuthentication,
  LoopbackTap,
  PhoneTap,
  Unreachable,
  type ClientJournal,
  type Discovered,
  type LocalProviderEntry,
  type Platform,
  type RootWitness,
  type Tap,
} from "@starling/eaas"
import { HttpsCertifiedDoor, readCredentials, type Credentials } from "@starling/eaas/node"
import { assertNever, type Bytes, type Milliseconds } from "@starling/kernel"
import { Prover } from "@starling/proof/node"
import type { Store } from "@starling/messenger/ports"
import type { DaemonOptions } from "./daemon.ts"
import { EmbeddedEaas } from "./embedded-eaas.ts"
import { KeyServiceError, type KeyService } from "./key-service.ts"
import { keyServiceError } from "./key-service-error.ts"
import { PlatformMemory } from "./platform-memory.ts"
import type { Ledger } from "./ledger.ts"

export interface EaasSurroundings {
  readonly store: Pick<Store, "get">
  readonly ledger: Ledger
  readonly witness: RootWitness
  readonly localRandom: (length: number, purpose: string) => Bytes
  readonly now: () => Milliseconds
  /** The way by the person's phone, where that was chosen. */
  readonly phone: PhoneTap | undefined
  /** One that serves other peers, too; opened here where there is none. */
  readonly prover: Prover | undefined
}

/** How to reach the platform that was chosen, starting it first where it is the embedded one; `undefined` where there is none. */
export function connectEaas(
  { eaas, dataFolder, branch }: Pick<DaemonOptions, "eaas" | "dataFolder" | "branch">,
  surroundings: EaasSurroundings,
  resources: AsyncDisposableStack,
): ((signal: AbortSignal) => Promise<KeyService>) | undefined {
  switch (eaas.kind) {
    case "off":
      return undefined
    case "remote":
      return async (signal) => await connect(await eaas.url, branch, eaas.certificate, surroundings, resources, signal)
    case "embedded": {
      let platform: EmbeddedEaas | undefined
      return async (signal) => {
        if (platform?.alive !== true)
          platform = resources.use(await EmbeddedEaas.start(join(dataFolder, "eaas"), signal))
        return await connect(platform.url, branch, undefined, surroundings, resources, signal)
      }
    }
    default:
      return assertNever(eaas)
  }
}

async function connect(
  url: string,
  branch: string | undefined,
  certificate: string | undefined,
  { store, ledger, witness, localRandom, now, phone, prover }: EaasSurroundings,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<KeyService> {
  try {
    const { platform, enrolmentCode } = await find(url, new PlatformMemory(store, ledger), phone, signal)
    const localProvider = providerOf(platform, branch)
    const tap = phone ?? new LoopbackTap(localProvider)
    const client = new EntropyClient({
      platform,
      localProvider,
      authentication: new HttpAuthentication(platform),
      tap,
      prover: prover ?? resources.use(await Prover.open()),
      random: { draw: localRandom },
      journal: journalIn(store, ledger, "client"),
      clock: { now },
      // Who has a platform to itself has nobody to compare with.
      ...(!platform.embedded && { witness }),
    })
    const admission = admissionOf(platform, client, enrolmentCode, certificate)
    return serviceOf(platform, client, admission, witness, tap)
  } catch (error) {
    throw keyServiceError(error)
  }
}

/** A request that was made while the platform could be reached needs the phone alone: with one, a known platform is enough. */
async function find(
  url: string,
  memory: PlatformMemory,
  phone: PhoneTap | undefined,
  signal: AbortSignal,
): Promise<Discovered> {
  try {
    const found = await discover(url, signal)
    if (phone !== undefined) memory.save(url, found.platform)
    return found
  } catch (error) {
    const known = phone === undefined || !(error instanceof Unreachable) ? undefined : memory.load(url)
    if (known === undefined) throw error
    return { platform: known, enrolmentCode: "" }
  }
}

function providerOf(platform: Platform, branch: string | undefined): LocalProviderEntry {
  const { localProviders } = platform
  const found = branch === undefined ? localProviders[0] : localProviders.find(({ name }) => name === branch)
  if (found !== undefined) return found
  const names = localProviders.map(({ name }) => name).join(", ")
  throw new KeyServiceError("refused", "no-branch", `the platform has no Local Provider of that name; it has: ${names}`)
}

/** Who was turned away at a reader may be held to another at once. */
const NEXT_TAP: Milliseconds = 500

/** How this device is let into the platform's epochs. */
interface Admission {
  register(signal: AbortSignal): Promise<unknown>
  /** Tells the platform of a certificate that takes the place of one which was over; nothing where there is none. */
  renew(signal: AbortSignal): Promise<unknown>
}

function admissionOf(
  { authentication }: Platform,
  client: EntropyClient,
  enrolmentCode: string,
  certificate: string | undefined,
): Admission {
  if (certificate === undefined) {
    return {
      async register(signal) {
        if (enrolmentCode === "") throw new EntropyClientError("not-registered")
        await client.register(enrolmentCode, signal)
      },
      renew: async () => await Promise.resolve(),
    }
  }
  const register = async (signal: AbortSignal): Promise<void> => {
    if (authentication.certified === undefined) throw new EntropyClientError("no-certificates")
    const door = new HttpsCertifiedDoor(authentication.certified, credentialsIn(certificate))
    await client.registerCertified(door, signal)
  }
  return { register, renew: register }
}

function credentialsIn(folder: string): Credentials {
  try {
    return readCredentials(folder)
  } catch (cause) {
    throw new EntropyClientError("no-credentials", { cause })
  }
}

function serviceOf(
  platform: Platform,
  client: EntropyClient,
  admission: Admission,
  witness: RootWitness,
  tap: Tap,
): KeyService {
  return {
    name: platform.embedded ? "embedded quantum source" : new URL(platform.authentication.url).host,
    path: tap.path,
    embedded: platform.embedded,
    simulated: platform.simulatedSource,
    developmentProvingKey: platform.developmentProvingKey,
    async look(signal) {
      if (platform.embedded) return true
      if (!client.registered) return false
      try {
        await client.look(signal)
      } catch (error) {
        if (!(error instanceof EntropyClientError) && !signal.aborted) throw error
      }
      return !witness.isEmpty
    },
    async obtain(length, signal, onStep, accept) {
      try {
        if (!client.registered) {
          onStep("registering")
          await admission.register(signal)
        }
        await client.obtain(length, signal, onStep, (key) => void accept(key))
      } catch (error) {
        // Out of this epoch: perhaps for a certificate that is over. No request follows at once, so that the two are not linked.
        if (error instanceof EntropyClientError && error.reason === "epoch-not-open")
          await admission.renew(signal).catch(onlyOfThePlatform)
        throw tap instanceof PhoneTap ? refusedAtTap(tap, error) : keyServiceError(error)
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

/** What is told of the attempt that came before says more. */
function onlyOfThePlatform(error: unknown): void {
  if (!(error instanceof EntropyClientError)) throw error
}

/** The phone hears that nothing came of the tap. */
function refusedAtTap(tap: PhoneTap, error: unknown): unknown {
  tap.refuse()
  const known = keyServiceError(error)
  if (!(known instanceof KeyServiceError && known.code === "turned-away")) return known
  return new KeyServiceError(known.state, known.code, known.message, { cause: error, retryAfter: NEXT_TAP })
}

const BUCKET = "eaas"

/** Durable, sealed, and written together with the records of the draws that it holds. */
export function journalIn(store: Pick<Store, "get">, ledger: Ledger, key: "client" | "roots"): ClientJournal {
  return {
    load: () => store.get(BUCKET, key, key),
    save: (value) => ledger.commit([{ kind: "put", bucket: BUCKET, partition: key, key, ordinal: 0, value }]),
  }
}
