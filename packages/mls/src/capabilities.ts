import { encode, type Reader, type Writer } from "@starling/wire"

import { ExtensionType, isDefaultExtension, type Extension } from "./extension.ts"
import { MAX_LISTED } from "./limits.ts"

/** RFC 9420, 7.2: what a client can do, by the numbers of the IANA registries. */
export interface Capabilities {
  readonly versions: readonly number[]
  readonly ciphersuites: readonly number[]
  readonly extensions: readonly number[]
  readonly proposals: readonly number[]
  readonly credentials: readonly number[]
}

/** RFC 9420, 11.1: what a group asks of each member. */
export interface RequiredCapabilities {
  readonly extensions: readonly number[]
  readonly proposals: readonly number[]
  readonly credentials: readonly number[]
}

/** RFC 9420, 6: `mls10`. */
export const MLS10 = 1

/** Default extension and proposal types need no mention (RFC 9420, 7.2). */
export function supportsExtension(capabilities: Capabilities, type: number): boolean {
  return isDefaultExtension(type) || capabilities.extensions.includes(type)
}

export function supportsProposal(capabilities: Capabilities, type: number): boolean {
  return (type >= 1 && type <= 7) || capabilities.proposals.includes(type)
}

export function writeCapabilities(writer: Writer, capabilities: Capabilities): void {
  writeNumbers(writer, capabilities.versions)
  writeNumbers(writer, capabilities.ciphersuites)
  writeNumbers(writer, capabilities.extensions)
  writeNumbers(writer, capabilities.proposals)
  writeNumbers(writer, capabilities.credentials)
}

export function readCapabilities(reader: Reader): Capabilities {
  return {
    versions: readNumbers(reader),
    ciphersuites: readNumbers(reader),
    extensions: readNumbers(reader),
    proposals: readNumbers(reader),
    credentials: readNumbers(reader),
  }
}

/** For a GroupContext. */
export function requiredCapabilitiesExtension(required: RequiredCapabilities): Extension {
  const data = encode((w) => {
    writeNumbers(w, required.extensions)
    writeNumbers(w, required.proposals)
    writeNumbers(w, required.credentials)
  })
  return { type: ExtensionType.requiredCapabilities, data }
}

export function readRequiredCapabilities(reader: Reader): RequiredCapabilities {
  return { extensions: readNumbers(reader), proposals: readNumbers(reader), credentials: readNumbers(reader) }
}

function writeNumbers(writer: Writer, numbers: readonly number[]): void {
  writer.vector(numbers, (w, number) => w.uint16(number))
}

function readNumbers(reader: Reader): readonly number[] {
  return reader.vector((r) => r.uint16(), MAX_LISTED)
}
