import { assertNever, equalBytes } from "@starling/kernel"
import type { AuthenticationService, CryptoProvider } from "@starling/mls"

import { readDevice } from "./device-certificate.ts"

/**
 * Accepts a leaf whose credential is a device certificate signed by its identity and naming this very signature key. Who
 * renews a leaf keeps the credential to the byte (RFC 9420, 5.3.1): another one would be another member.
 */
export function authenticateDevice(crypto: CryptoProvider): AuthenticationService {
  return (credential, signatureKey, previous) => {
    if (credential.kind !== "basic") return "not a device certificate"
    if (previous !== undefined && (previous.kind !== "basic" || !equalBytes(previous.identity, credential.identity)))
      return "another credential than before"
    const device = readDevice(crypto, credential.identity)
    switch (device.kind) {
      case "newer-version":
        return `a device certificate of version ${device.version}`
      case "malformed":
        return device.why
      case "ok":
        return equalBytes(device.value.certificate.signatureKey, signatureKey) ? undefined : "certified for another key"
      default:
        return assertNever(device)
    }
  }
}
