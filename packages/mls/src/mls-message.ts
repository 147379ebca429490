import { assertNever, malformed, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode, type Reader } from "@starling/wire"

import { MLS10 } from "./capabilities.ts"
import { WireFormat } from "./framing.ts"
import { readGroupInfo, writeGroupInfo, type GroupInfo } from "./group-info.ts"
import { readKeyPackage, writeKeyPackage, type KeyPackage } from "./key-package.ts"
import { MAX_MESSAGE } from "./limits.ts"
import { readPrivateMessage, writePrivateMessage, type PrivateMessage } from "./private-message.ts"
import { readPublicMessage, writePublicMessage, type PublicMessage } from "./public-message.ts"
import { orRefused, refuse } from "./refusal.ts"
import { readWelcome, writeWelcome, type Welcome } from "./welcome.ts"

/** RFC 9420, 6: everything that travels. */
export type MlsMessage =
  | { readonly kind: "public-message"; readonly message: PublicMessage }
  | { readonly kind: "private-message"; readonly message: PrivateMessage }
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "group-info"; readonly groupInfo: GroupInfo }
  | { readonly kind: "key-package"; readonly keyPackage: KeyPackage }

export function encodeMlsMessage(message: MlsMessage): Bytes {
  return encode((w) => {
    w.uint16(MLS10)
    switch (message.kind) {
      case "public-message":
        return writePublicMessage(w.uint16(WireFormat.publicMessage), message.message)
      case "private-message":
        return writePrivateMessage(w.uint16(WireFormat.privateMessage), message.message)
      case "welcome":
        return writeWelcome(w.uint16(WireFormat.welcome), message.welcome)
      case "group-info":
        return writeGroupInfo(w.uint16(WireFormat.groupInfo), message.groupInfo)
      case "key-package":
        return writeKeyPackage(w.uint16(WireFormat.keyPackage), message.keyPackage)
      default:
        return assertNever(message)
    }
  }, 1024)
}

/** Reads whatever bytes; nothing of it is verified yet. */
export function decodeMlsMessage(bytes: Uint8Array): Decoded<MlsMessage> {
  const read = orRefused(() => decode(bytes, readMlsMessage, MAX_MESSAGE))
  return read.kind === "refused" ? malformed(read.reason) : read
}

/** The same where a peer's faults are refused with the `section` that they are against. */
export function openMlsMessage(bytes: Uint8Array, section: string): MlsMessage {
  const decoded = decode(bytes, readMlsMessage, MAX_MESSAGE)
  return decoded.kind === "ok" ? decoded.value : refuse("malformed", section)
}

function readMlsMessage(reader: Reader): MlsMessage {
  const version = reader.uint16()
  if (version !== MLS10) reader.fail(`protocol version ${version}`)
  const wireFormat = reader.uint16()
  switch (wireFormat) {
    case WireFormat.publicMessage:
      return { kind: "public-message", message: readPublicMessage(reader) }
    case WireFormat.privateMessage:
      return { kind: "private-message", message: readPrivateMessage(reader) }
    case WireFormat.welcome:
      return { kind: "welcome", welcome: readWelcome(reader) }
    case WireFormat.groupInfo:
      return { kind: "group-info", groupInfo: readGroupInfo(reader) }
    case WireFormat.keyPackage:
      return { kind: "key-package", keyPackage: readKeyPackage(reader) }
    default:
      return reader.fail(`wire format ${wireFormat}`)
  }
}
