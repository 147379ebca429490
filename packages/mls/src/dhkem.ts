import { compareBytes, concat, utf8, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { Kdf, Kem } from "./crypto-provider.ts"
import type { DhGroup } from "./dh-group.ts"
import { labelledKdf } from "./labelled-kdf.ts"

const NOTHING = new Uint8Array(0)

/** RFC 9180, 4.1: `DHKEM(group, kdf)`; its secrets are `secretLength` bytes long. */
export function dhKem(group: DhGroup, kdf: Kdf, secretLength: number): Kem {
  const labelled = labelledKdf(
    kdf,
    encode((w) => w.fixed(utf8("KEM")).uint16(group.kem)),
  )
  /** By the array that holds the private key, so that decapsulation need not compute it again. */
  const publicKeys = new WeakMap<Uint8Array, Bytes>()

  function publicKeyOf(privateKey: Uint8Array): Bytes {
    const known = publicKeys.get(privateKey)
    if (known !== undefined) return known
    const publicKey = group.publicKey(privateKey)
    publicKeys.set(privateKey, publicKey)
    return publicKey
  }

  function derivePrivateKey(seed: Uint8Array): Bytes {
    const secret = labelled.extract(NOTHING, "dkp_prk", seed)
    const expand = (label: string, info: Uint8Array) => labelled.expand(secret, label, info, group.privateKeyLength)
    if (group.scalars === "any") return expand("sk", NOTHING)
    for (let counter = 0; counter < 256; counter++) {
      const candidate = expand("candidate", new Uint8Array([counter]))
      candidate[0] = (candidate[0] ?? 0) & group.scalars.bitmask
      if (isScalar(candidate, group.scalars.order)) return candidate
    }
    throw new RangeError("no scalar among 256 candidates, which has a chance of 2^-8192 at most")
  }

  function extractAndExpand(dh: Uint8Array, kemOutput: Uint8Array, publicKey: Uint8Array): Bytes {
    const secret = labelled.extract(NOTHING, "eae_prk", dh)
    return labelled.expand(secret, "shared_secret", concat(kemOutput, publicKey), secretLength)
  }

  return {
    seedLength: group.privateKeyLength,
    encapsulationSeedLength: group.privateKeyLength,
    deriveKeyPair(seed) {
      const privateKey = derivePrivateKey(seed)
      return { privateKey, publicKey: publicKeyOf(privateKey) }
    },
    isPublicKey: (publicKey) => group.isPublicKey(publicKey),
    encapsulate(publicKey, seed) {
      if (!group.isPublicKey(publicKey)) return undefined
      const ephemeral = derivePrivateKey(seed)
      const kemOutput = group.publicKey(ephemeral)
      return {
        kemOutput,
        sharedSecret: extractAndExpand(group.sharedSecret(ephemeral, publicKey), kemOutput, publicKey),
      }
    },
    decapsulate(privateKey, kemOutput) {
      if (!group.isPublicKey(kemOutput)) return undefined
      return extractAndExpand(group.sharedSecret(privateKey, kemOutput), kemOutput, publicKeyOf(privateKey))
    },
  }
}

/** RFC 9180, 7.1.3: neither zero nor the order or more. */
function isScalar(candidate: Uint8Array, order: Uint8Array): boolean {
  return candidate.some((byte) => byte !== 0) && compareBytes(candidate, order) < 0
}
