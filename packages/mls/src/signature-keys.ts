import type { MlsContext } from "./context.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import { draw } from "./draw.ts"

/** A fresh key pair for a credential. The provider's `signature.deriveKeyPair` makes one of given bytes. */
export function generateSignatureKeyPair(mls: MlsContext): SignatureKeyPair {
  const { signature } = mls.crypto
  return signature.deriveKeyPair(draw(mls, signature.seedLength, "signature key"))
}
