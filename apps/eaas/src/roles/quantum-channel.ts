import { setTimeout } from "node:timers/promises"

import { localProviderIdOf, Unreachable, type ValidationApi } from "@starling/eaas"
import {
  ChannelReceiver,
  ChannelSender,
  OpeningValidation,
  passageSentence,
  SealingValidation,
  type ShortagePolicy,
} from "@starling/eaas/channel"
import { KeyServiceError, Sae } from "@starling/eaas/kme"
import { readCredentials, type Credentials } from "@starling/eaas/node"
import { osEntropy } from "@starling/entropy/node"
import { toHex } from "@starling/kernel"

import { commonNameOf } from "../certificates/certificate-authority.ts"
import { UsageError } from "../config.ts"
import { HttpsKme } from "../kme/https-kme.ts"
import type { Log } from "../log.ts"

/** A role's own KME: ours or a vendor's. */
export interface KmeAccess {
  readonly url: string
  readonly credentials: Credentials
}

/** In milliseconds. */
const START_PATIENCE = 10_000

/** Name of the PVS at its KME, unless the operator gave it another. */
export const PVS_SAE = "pvs"

/** Name of a Local Provider at its KME, unless the operator gave it another. */
export function saeOfProvider(publicKey: Uint8Array): string {
  return toHex(localProviderIdOf(publicKey))
}

export interface ChannelEnd extends Disposable {
  readonly validation: ValidationApi
}

/** The PVS's end: `saes` names the Local Providers at their KMEs, by the hexadecimal of their ids. */
export function sealFor(
  validation: ValidationApi,
  access: KmeAccess,
  saes: ReadonlyMap<string, string>,
  settings: { readonly policy: ShortagePolicy; readonly production: boolean },
  log: Log,
): ChannelEnd {
  const transport = new HttpsKme(access.url, access.credentials)
  const sender = new ChannelSender({
    ...settings,
    sae: new Sae(saeIn(access.credentials), transport),
    random: { draw: (length) => osEntropy(length) },
    pause: async (milliseconds, signal) => await setTimeout(milliseconds, undefined, { signal }),
  })
  const sealing = new SealingValidation(validation, sender, saes, (passage) => {
    // Not the usual case is worth a line; the usual one would only tell how often keys are fetched.
    if (passage.protection !== "one-time pad") log("quantum channel downgraded", { to: passageSentence(passage) })
  })
  return {
    validation: reporting(sealing, log),
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  }
}

/** A Local Provider's end; `pvs` is the PVS's name at its KME. */
export function openFrom(validation: ValidationApi, access: KmeAccess, pvs: string, log: Log): ChannelEnd {
  const transport = new HttpsKme(access.url, access.credentials)
  const receiver = new ChannelReceiver(new Sae(saeIn(access.credentials), transport))
  return {
    validation: reporting(new OpeningValidation(validation, receiver, pvs), log),
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  }
}

/** The KME of a command line, or `undefined` where none is given. Throws `UsageError`. */
export function accessOf(command: {
  readonly kme?: string | undefined
  readonly kmeFiles?: string | undefined
}): KmeAccess | undefined {
  const { kme: url, kmeFiles } = command
  if (url === undefined && kmeFiles === undefined) return undefined
  if (url === undefined || kmeFiles === undefined) throw new UsageError("--kme and --kme-files belong together.")
  return { url, credentials: readCredentials(kmeFiles) }
}

/**
 * Asks the KME how it is before anybody relies on it. Throws `UsageError` where it doesn't know this SAE or the other
 * one, and where it is simulated in a production configuration.
 */
export async function requireKme(access: KmeAccess, peer: string, production: boolean): Promise<void> {
  using transport = new HttpsKme(access.url, access.credentials)
  const sae = new Sae(saeIn(access.credentials), transport)
  try {
    const { simulated } = await sae.service(peer, AbortSignal.timeout(START_PATIENCE))
    if (simulated && production)
      throw new UsageError(
        `The KME at ${access.url} says that its link is simulated: a production configuration refuses it.`,
      )
  } catch (error) {
    if (!(error instanceof KeyServiceError || error instanceof Unreachable)) throw error
    throw new UsageError(`The KME at ${access.url} doesn't serve ${sae.id} and ${peer}: ${error.message}.`, {
      cause: error,
    })
  }
}

/** An SAE's name is the common name of its certificate. */
function saeIn({ certificate }: Credentials): string {
  const name = commonNameOf(certificate)
  if (name === undefined) throw new Error("the client certificate names no SAE: it has no common name")
  return name
}

/** The people who asked only learn that the platform can't be reached; the operator learns why. */
function reporting(validation: ValidationApi, log: Log): ValidationApi {
  return {
    countersign: async (proposal, signal) => await validation.countersign(proposal, signal),
    async request(forwarded, signal, told) {
      try {
        return await validation.request(forwarded, signal, told)
      } catch (error) {
        if (error instanceof Unreachable) log("quantum channel failed", { why: error.message })
        throw error
      }
    },
  }
}
