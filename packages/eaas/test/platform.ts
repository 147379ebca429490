import { simulatedQrng, type EntropySource } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { toHex, type Bytes } from "@starling/kernel"
import { verifyProof } from "@starling/proof"
import { Prover } from "@starling/proof/node"
import {
  AuthenticationServer,
  EntropyClient,
  LocalProvider,
  ProofValidationServer,
  serviceIdOf,
  SigningKey,
  Unreachable,
  type AuthenticationApi,
  type ClientJournal,
  type Database,
  type EntropyClientPorts,
  type KeyDelivered,
  type KeySize,
  type Platform,
  type Tap,
  type ValidationApi,
  type ValidationPorts,
  type Verifier,
} from "@starling/eaas"
import { encodeForwardedRequest, encodeForwardStatement } from "@starling/eaas/frames"
import { memoryDatabase } from "./memory-database.ts"

export { memoryDatabase }

export const HOUR = 3_600_000
/** For a whole run of the attacks on a busy machine; a single test has less. */
export const patience = AbortSignal.timeout(2 * HOUR)
export const random = { draw: (length: number) => osEntropy(length) }

/** All roles in one process, with two Local Providers, a clock that is set by hand, and a source that can be replaced. */
export interface TestPlatform extends AsyncDisposable {
  readonly clock: { time: number; now(): number }
  readonly platform: Platform
  readonly as: AuthenticationServer
  readonly pvs: ProofValidationServer
  readonly lps: readonly [LocalProvider, LocalProvider]
  readonly authentication: AuthenticationApi
  readonly asKey: SigningKey
  readonly pvsKey: SigningKey
  readonly lpKeys: readonly [SigningKey, SigningKey]
  readonly database: Database
  /** Another PVS with the same keys. */
  openPvs(database: Database, change?: Partial<ValidationPorts>): Promise<ProofValidationServer>
}

export async function testPlatform(
  options: {
    sealOnRegistration?: boolean
    source?: EntropySource
    database?: Database
    /** Of the key of a PVS that runs elsewhere, and which `validation` reaches. */
    pvsSeed?: Uint8Array
    capacity?: number
    time?: number
    verifier?: Verifier
    validation?: (pvs: ValidationApi) => ValidationApi
  } = {},
): Promise<TestPlatform> {
  const clock = { time: options.time ?? 1_800_000_000_000, now: () => clock.time }
  const database = options.database ?? (await memoryDatabase())
  const asKey = new SigningKey(osEntropy(32))
  const pvsKey = new SigningKey(options.pvsSeed ?? osEntropy(32))
  const lpKeys = [new SigningKey(osEntropy(32)), new SigningKey(osEntropy(32))] as const
  const service = serviceIdOf(asKey.publicKey, pvsKey.publicKey)
  const openPvs = async (database: Database, change: Partial<ValidationPorts> = {}) => {
    const source = options.source ?? simulatedQrng(osEntropy)
    const localProviders = new Map(lpKeys.map((key) => [toHex(new LocalProvider(key, nobody).id), key.publicKey]))
    const verifier = options.verifier ?? inPlace
    const capacity = options.capacity ?? 1024
    const ports = { database, key: pvsKey, authenticationKey: asKey.publicKey, service, localProviders, capacity }
    return await ProofValidationServer.open({ ...ports, source, verifier, random, clock, ...change })
  }
  const pvs = await openPvs(database)
  const validation = options.validation?.(pvs) ?? pvs
  const as = await AuthenticationServer.open(
    { database, key: asKey, validationKey: pvsKey.publicKey, service, validation, random, clock },
    { epochLength: 24 * HOUR, sealOnRegistration: options.sealOnRegistration ?? true },
  )
  const lps = [new LocalProvider(lpKeys[0], validation), new LocalProvider(lpKeys[1], validation)] as const
  const platform: Platform = {
    service,
    authentication: { url: "http://as.invalid/", publicKey: asKey.publicKey },
    validation: { publicKey: pvsKey.publicKey },
    localProviders: lps.map(({ id }, i) => ({ id, name: `branch ${i + 1}`, url: `http://lp${i + 1}.invalid/` })),
    embedded: false,
    simulatedSource: true,
    developmentProvingKey: true,
  }
  const authentication: AuthenticationApi = {
    register: async (frame, signal) => await as.register(frame, signal),
    newestEpoch: async () => await as.newestEpoch(),
    leaves: async (epoch, revision) => (await as.leaves(epoch, revision)) ?? new Uint8Array(),
  }
  const dispose = async () => await database[Symbol.asyncDispose]()
  return {
    clock,
    platform,
    as,
    pvs,
    lps,
    authentication,
    asKey,
    pvsKey,
    lpKeys,
    database,
    openPvs,
    [Symbol.asyncDispose]: dispose,
  }
}

const inPlace: Verifier = { verify: async (statement, proof) => verifyProof(statement, proof) }

const nobody: ValidationApi = {
  countersign: async () => await Promise.reject(new Error("not here")),
  request: async () => await Promise.reject(new Error("not here")),
}

export function memoryJournal(): ClientJournal & { state: Bytes | undefined } {
  return {
    state: undefined,
    load() {
      return this.state
    },
    save(state) {
      this.state = state
    },
  }
}

export function tapAt(lp: LocalProvider): Tap {
  return {
    path: "loopback tap",
    transceive: async (request, signal) => await lp.request(request, signal),
    settled() {},
  }
}

/** A client of the platform at its first Local Provider; any port may be replaced. */
export function clientOf(
  at: TestPlatform,
  prover: EntropyClientPorts["prover"],
  ports: Partial<EntropyClientPorts> = {},
): EntropyClient {
  const { platform, authentication, clock } = at
  const tap = tapAt(at.lps[0])
  return new EntropyClient({
    platform,
    localProvider: platform.localProviders[0]!,
    authentication,
    tap,
    prover,
    random,
    journal: memoryJournal(),
    clock,
    ...ports,
  })
}

export async function enrolledClient(
  at: TestPlatform,
  prover: EntropyClientPorts["prover"],
  ports: Partial<EntropyClientPorts> = {},
  quota = 8,
): Promise<EntropyClient> {
  const code = await at.as.addUser(`user ${toHex(osEntropy(4))}`, quota)
  const client = clientOf(at, prover, ports)
  await client.register(code!, patience)
  return client
}

/** The keys that one `obtain` hands over. */
export async function obtain(client: EntropyClient, keySize: KeySize = 1024): Promise<KeyDelivered> {
  const keys: KeyDelivered[] = []
  await client.obtain(
    keySize,
    patience,
    () => {},
    ({ bytes, delivery, channel }) => keys.push({ bytes: bytes.slice(), delivery, channel }),
  )
  if (keys.length !== 1) throw new Error(`${keys.length} keys`)
  return keys[0]!
}

/** Requests of one member that spend the same right, each for a KEM key of its own. None of them was sent. */
export async function rivalRequests(
  at: TestPlatform,
  prover: EntropyClientPorts["prover"],
  count: number,
): Promise<readonly Bytes[]> {
  const journal = memoryJournal()
  await enrolledClient(at, prover, { journal }, 1)
  const before = journal.state
  const requests: Bytes[] = []
  const silent: Tap = {
    ...tapAt(at.lps[0]),
    transceive: async (request) => (requests.push(request), await Promise.reject(new Unreachable("kept back"))),
  }
  for (let i = 0; i < count; i++) {
    // Put back, the journal knows of no request yet.
    journal.state = before
    await obtain(clientOf(at, prover, { journal, tap: silent })).catch(() => undefined)
  }
  if (requests.length !== count) throw new Error(`${requests.length} of ${count} requests were made`)
  return requests
}

/** The frame by which a Local Provider forwards a request, whatever it holds. */
export function forwardOf(at: TestPlatform, request: Bytes, branch: 0 | 1 = 0): Bytes {
  const localProvider = at.lps[branch].id
  const signature = at.lpKeys[branch].sign(encodeForwardStatement(localProvider, request))
  return encodeForwardedRequest({ localProvider, request, signature })
}

export const openProver = async (): Promise<Prover> => await Prover.open()
