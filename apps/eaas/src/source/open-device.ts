import { readFileSync } from "node:fs"

import { lightTest, SimulatedHomodyne, type EntropySource, type HealthTest } from "@starling/entropy"
import { APPLIANCES, CharacterDevice, HttpAppliance, osEntropy } from "@starling/entropy/node"
import { assertNever, Secret, utf8 } from "@starling/kernel"
import type { SourceSettings } from "./settings.ts"

/** The source can't be used as it was configured; the message is for the operator. */
export class SourceMisconfigured extends Error {
  override readonly name = "SourceMisconfigured"
}

export interface Device {
  readonly device: EntropySource
  readonly ownTests: readonly HealthTest[]
}

/** Nothing is asked of the device yet. Throws `SourceMisconfigured`. */
export function openDevice(settings: SourceSettings): Device {
  switch (settings.kind) {
    case "simulator":
      return { device: new SimulatedHomodyne(osEntropy), ownTests: [lightTest()] }
    case "device":
      return { device: new CharacterDevice(settings), ownTests: [] }
    case "appliance":
      return { device: openAppliance(settings), ownTests: [] }
    default:
      return assertNever(settings)
  }
}

/** Cut-offs and rate come from the assessment, so that there is no default for it. */
export function requireAssessed(settings: SourceSettings): void {
  if (settings.kind === "simulator" || settings.entropyPerByte > 0) return
  throw new SourceMisconfigured(
    "Say by --source-entropy how many bits of min-entropy a byte of this source was assessed to have. " +
      "`starling-eaas qrng sample --raw` gives the samples for the assessment (docs/entropy.md).",
  )
}

function openAppliance(settings: Extract<SourceSettings, { kind: "appliance" }>): HttpAppliance {
  const profile = APPLIANCES[settings.name]
  const address = settings.address ?? profile.address
  if (address === undefined) throw new SourceMisconfigured(`Say by --source-url where the ${profile.product} is.`)
  try {
    return new HttpAppliance({
      profile,
      address: new URL(address.endsWith("/") ? address : `${address}/`),
      key: keyOf(settings.key),
      authority: settings.authorityFile === undefined ? undefined : readFileSync(settings.authorityFile, "utf8"),
      entropyPerByte: settings.entropyPerByte,
    })
  } catch (cause) {
    if (cause instanceof TypeError) throw new SourceMisconfigured(`${profile.product}: ${cause.message}.`, { cause })
    throw cause
  }
}

function keyOf(key: Secret | { readonly file: string } | undefined): Secret | undefined {
  if (key === undefined || key instanceof Secret) return key
  return new Secret(utf8(readFileSync(key.file, "utf8").trim()))
}
