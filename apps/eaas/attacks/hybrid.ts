import { x25519 } from "@noble/curves/ed25519.js"
import { sha3_256, shake256 } from "@noble/hashes/sha3.js"
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js"
import { openKey, sealKey, unseal, type DeliveryBinding, type SealedKey } from "@starling/eaas/frames"
import { osEntropy } from "@starling/entropy/node"
import { concat, equalBytes, utf8, type Bytes } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { succeededIf, type Attack } from "./attack.ts"
import { sound } from "./scene.ts"

const property = "confidentiality"
/** Where an X-Wing ciphertext and an X-Wing key turn from ML-KEM-768 to X25519 (draft-connolly-cfrg-xwing-kem-09, 5.4). */
const ML_KEM_CIPHERTEXT_BYTES = 1088
const ML_KEM_KEY_BYTES = 1184
const LABEL = utf8("\\.//^\\")
const NOTHING = new Uint8Array(32)

/** Attacks by whoever has broken one half of the key encapsulation, or changes one half of what was encapsulated. */
export const HYBRID: readonly Attack[] = [
  {
    id: "X25519 broken",
    property,
    name: "opens a key with the X25519 secret alone, as a quantum computer finds it",
    async run() {
      const delivery = deliver()
      const { x25519: known } = halvesOf(delivery)
      return succeededIf(guesses(delivery, NOTHING, known).some((secret) => opensWith(secret, delivery)))
    },
  },
  {
    id: "ML-KEM broken",
    property,
    name: "opens a key with the ML-KEM secret alone, as a flaw of lattices would give it away",
    async run() {
      const delivery = deliver()
      const { mlKem: known } = halvesOf(delivery)
      return succeededIf(guesses(delivery, known, NOTHING).some((secret) => opensWith(secret, delivery)))
    },
  },
  {
    id: "ML-KEM half replaced",
    property,
    name: "replaces the ML-KEM half of a ciphertext by one of its own, or by noise, and has the key open all the same",
    async run() {
      const delivery = deliver()
      const own = ml_kem768.encapsulate(delivery.publicKey.slice(0, ML_KEM_KEY_BYTES)).cipherText
      const { kemCiphertext } = delivery.sealed
      const rest = kemCiphertext.slice(ML_KEM_CIPHERTEXT_BYTES)
      return succeededIf(
        [own, osEntropy(ML_KEM_CIPHERTEXT_BYTES)].some((half) => opensAs(concat(half, rest), delivery)),
      )
    },
  },
  {
    id: "X25519 half replaced",
    property,
    name: "replaces the X25519 half of a ciphertext by one of its own, or by a point of low order, and has the key open",
    async run() {
      const delivery = deliver()
      const own = x25519.getPublicKey(osEntropy(32))
      const rest = delivery.sealed.kemCiphertext.slice(0, ML_KEM_CIPHERTEXT_BYTES)
      const lowOrder = [NOTHING, NOTHING.with(0, 1)]
      return succeededIf([own, ...lowOrder].some((half) => opensAs(concat(rest, half), delivery)))
    },
  },
]

interface Delivered {
  readonly seed: Bytes
  readonly publicKey: Bytes
  readonly binding: DeliveryBinding
  readonly sealed: SealedKey
}

/** As the PVS seals a key for a user. */
function deliver(): Delivered {
  const seed = osEntropy(32)
  const publicKey = new Uint8Array(xWing.keygen(seed).publicKey)
  const field = (): FieldElement => FieldElement.fromDigest(osEntropy(32))
  const binding = { context: field(), nullifier: field(), localProvider: osEntropy(16) }
  return { seed, publicKey, binding, sealed: sound(sealKey(osEntropy(1024), publicKey, binding, osEntropy(64))) }
}

/** What the two halves share, for whoever has both secrets; an attacker gets one of them. */
function halvesOf({ seed, publicKey, sealed }: Delivered): { readonly mlKem: Bytes; readonly x25519: Bytes } {
  const secrets = shake256(seed, { dkLen: 96 })
  const [mlKemSeed, scalar] = [secrets.slice(0, 64), secrets.slice(64)]
  const pair = ml_kem768.keygen(mlKemSeed)
  if (!equalBytes(concat(pair.publicKey, x25519.getPublicKey(scalar)), publicKey))
    throw new Error("the scene is broken: an X-Wing key has other halves")
  const ciphertext = sealed.kemCiphertext
  return {
    mlKem: new Uint8Array(ml_kem768.decapsulate(ciphertext.slice(0, ML_KEM_CIPHERTEXT_BYTES), pair.secretKey)),
    x25519: new Uint8Array(x25519.getSharedSecret(scalar, ciphertext.slice(ML_KEM_CIPHERTEXT_BYTES))),
  }
}

/** Shared secrets that follow from these halves: one of them alone, or both as X-Wing combines them. */
function guesses({ publicKey, sealed }: Delivered, mlKem: Bytes, ofX25519: Bytes): readonly Bytes[] {
  const bound = concat(sealed.kemCiphertext.slice(ML_KEM_CIPHERTEXT_BYTES), publicKey.slice(ML_KEM_KEY_BYTES), LABEL)
  return [
    mlKem,
    ofX25519,
    ...[concat(mlKem, ofX25519), mlKem, ofX25519].map((secrets) => new Uint8Array(sha3_256(concat(secrets, bound)))),
  ]
}

function opensWith(sharedSecret: Bytes, { sealed, binding }: Delivered): boolean {
  return unseal(sealed, sharedSecret.slice(), binding).kind === "ok"
}

function opensAs(kemCiphertext: Bytes, { sealed, seed, binding }: Delivered): boolean {
  return openKey({ ...sealed, kemCiphertext }, seed, binding).kind === "ok"
}
