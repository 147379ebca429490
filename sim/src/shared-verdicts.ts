import { equalBytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

/** Beyond so many signatures the oldest half is verified again. */
const REMEMBERED = 4096

interface Verdict {
  readonly publicKey: Uint8Array
  readonly content: Uint8Array
  readonly holds: boolean
}

/**
 * The same provider, for many people in one process: what one of them has verified holds for all, as it is a function of
 * key, content and signature. Nearly all of a simulation's work would be to verify the same bytes again.
 */
export function sharingVerdicts(crypto: CryptoProvider): CryptoProvider {
  let recent = new Map<string, Verdict>()
  let older = new Map<string, Verdict>()
  const verify: CryptoProvider["signature"]["verify"] = (publicKey, content, signature) => {
    const name = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("latin1")
    const known = recent.get(name) ?? older.get(name)
    if (known !== undefined && equalBytes(known.publicKey, publicKey) && equalBytes(known.content, content))
      return known.holds
    const verdict = {
      publicKey: publicKey.slice(),
      content: content.slice(),
      holds: crypto.signature.verify(publicKey, content, signature),
    }
    if (recent.size >= REMEMBERED / 2) [older, recent] = [recent, new Map()]
    recent.set(name, verdict)
    return verdict.holds
  }
  return { ...crypto, signature: { ...crypto.signature, verify } }
}
