import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
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
import { Sae } from "@starling/eaas/kme"
import { osEntropy } from "@starling/entropy/node"
import { toHex } from "@starling/kernel"

import type { Credentials } from "../kme/certificates.ts"
import { HttpsKme } from "../kme/https-kme.ts"
import type { Log } from "../log.ts"

/** A role's own KME: ours or a vendor's. */
export interface KmeAccess {
  readonly url: string
  readonly credentials: Credentials
}

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

/** `ca.pem`, `cert.pem` and `key.pem` of a folder: what the operator of a KME hands out, and what `starling-eaas kme` writes. */
export function readCredentials(folder: string): Credentials {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8")
  return { authority: read("ca.pem"), certificate: read("cert.pem"), key: read("key.pem") }
}

/** An SAE's name is the common name of its certificate. */
function saeIn({ certificate }: Credentials): string {
  const name = /^CN=(.+)$/m.exec(new X509Certificate(certificate).subject)?.[1]
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
