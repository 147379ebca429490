import type { MlsContext } from "./context.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"

/** A fresh key pair for a credential. The provider's `signature.deriveKeyPair` makes one of given bytes. */
export function generateSignatureKeyPair(mls: MlsContext): SignatureKeyPair {
  const { signature } = mls.crypto
  return signature.deriveKeyPair(mls.random.draw(signature.seedLength, "signature key"))
}
