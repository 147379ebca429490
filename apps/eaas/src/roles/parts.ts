import {
  AuthenticationServer,
  localProviderIdOf,
  ProofValidationServer,
  SealRefused,
  serviceIdOf,
  Unreachable,
  type Database,
  type Platform,
  type RequestOutcome,
  type SigningKey,
  type ValidationApi,
  type Verifier,
} from "@starling/eaas"
import type { EntropySource } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { toHex, type Bytes } from "@starling/kernel"
import { provingKeyIsDevelopment } from "@starling/proof"
import { every } from "../every.ts"
import type { Log } from "../log.ts"

const clock = { now: () => Date.now() }
const random = { draw: (length: number): Bytes => osEntropy(length) }

const HOUR = 3_600_000
const SEALING_PERIOD = 15_000

export interface AuthenticationPart extends AsyncDisposable {
  readonly as: AuthenticationServer
}

/** An Authentication Server that opens its epochs by the clock. */
export async function startAuthentication(
  settings: {
    readonly database: Database
    readonly key: SigningKey
    readonly validationKey: Uint8Array
    readonly validation: ValidationApi
  },
  policy: { readonly epochHours: number; readonly sealOnRegistration: boolean },
  log: Log,
): Promise<AuthenticationPart> {
  const service = serviceIdOf(settings.key.publicKey, settings.validationKey)
  const as = await AuthenticationServer.open(
    { ...settings, service, random, clock },
    { epochLength: policy.epochHours * HOUR, sealOnRegistration: policy.sealOnRegistration },
  )
  const seal = async (signal: AbortSignal): Promise<void> => {
    try {
      await as.sealIfDue(signal)
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof SealRefused)) throw error
      log("epoch not sealed", { why: error.message })
    }
  }
  await seal(AbortSignal.timeout(SEALING_PERIOD))
  const sealing = every(SEALING_PERIOD, seal)
  return { as, [Symbol.asyncDispose]: async () => await sealing[Symbol.asyncDispose]() }
}

export interface ValidationPart extends AsyncDisposable {
  readonly pvs: ProofValidationServer
}

/** A Proof Validation Server over its source, which forgets old epochs by the clock. */
export async function startValidation(settings: {
  readonly database: Database
  readonly verifier: Verifier
  readonly key: SigningKey
  readonly authenticationKey: Uint8Array
  readonly localProviderKeys: readonly Uint8Array[]
  readonly source: EntropySource
  readonly restored?: boolean
  readonly observe: (outcome: RequestOutcome) => void
}): Promise<ValidationPart> {
  const { localProviderKeys, ...rest } = settings
  const pvs = await ProofValidationServer.open({
    ...rest,
    service: serviceIdOf(settings.authenticationKey, settings.key.publicKey),
    localProviders: new Map(localProviderKeys.map((key) => [toHex(localProviderIdOf(key)), key])),
    random,
    clock,
  })
  await pvs.prune()
  const pruning = every(HOUR, async () => await pvs.prune())
  return {
    pvs,
    [Symbol.asyncDispose]: async () => await pruning[Symbol.asyncDispose](),
  }
}

/** What clients are told. Addresses are relative to the discovery document's own where the part is in this process. */
export function platformOf(settings: {
  readonly authenticationKey: Uint8Array
  readonly validationKey: Uint8Array
  readonly localProviders: readonly { readonly publicKey: Uint8Array; readonly name: string; readonly url: string }[]
  readonly embedded: boolean
  readonly simulatedSource: boolean
  /** Where users register by certificate. */
  readonly certified?: string | undefined
}): Platform {
  const { authenticationKey, validationKey, localProviders, embedded, simulatedSource, certified } = settings
  return {
    service: serviceIdOf(authenticationKey, validationKey),
    authentication: { url: "/as/", publicKey: new Uint8Array(authenticationKey), certified },
    validation: { publicKey: new Uint8Array(validationKey) },
    localProviders: localProviders.map(({ publicKey, name, url }) => ({ id: localProviderIdOf(publicKey), name, url })),
    embedded,
    simulatedSource,
    developmentProvingKey: provingKeyIsDevelopment,
  }
}
