import { Recent } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

/** Beyond so many signatures those that nobody asks for are verified again. */
const REMEMBERED = 65_536

interface Verdict {
  readonly publicKey: Buffer
  readonly content: Buffer
  readonly holds: boolean
}

/**
 * The same provider, for many people in one process: what one of them has verified holds for all, as it is a function of
 * key, content and signature; and what one of them signed with a key that was derived here holds under its public key. Nearly all of
 * a simulation's work would be to verify the same bytes again. Whatever differs by a bit is verified.
 */
export function sharingVerdicts(crypto: CryptoProvider): CryptoProvider {
  const verdicts = new Recent<Verdict>(REMEMBERED)
  const publicKeys = new Map<string, Buffer>()
  const remember = (publicKey: Buffer, content: Uint8Array, signature: Uint8Array, holds: boolean): void =>
    verdicts.set(nameOf(signature), { publicKey, content: Buffer.from(content), holds })
  const { signature } = crypto
  return {
    ...crypto,
    signature: {
      ...signature,
      deriveKeyPair(seed) {
        const pair = signature.deriveKeyPair(seed)
        publicKeys.set(nameOf(pair.privateKey), Buffer.from(pair.publicKey))
        return pair
      },
      sign(privateKey, content) {
        const signed = signature.sign(privateKey, content)
        const publicKey = publicKeys.get(nameOf(privateKey))
        if (publicKey !== undefined) remember(publicKey, content, signed, true)
        return signed
      },
      verify(publicKey, content, bytes) {
        const known = verdicts.get(nameOf(bytes))
        if (known?.publicKey.equals(publicKey) === true && known.content.equals(content)) return known.holds
        const holds = signature.verify(publicKey, content, bytes)
        remember(Buffer.from(publicKey), content, bytes, holds)
        return holds
      },
    },
  }
}

function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
}
