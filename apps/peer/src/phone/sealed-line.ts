import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto"
import { concat, utf8, type Bytes } from "@starling/kernel"

export const NONCE_BYTES = 16
const KEY_BYTES = 32
const TAG_BYTES = 16

/** Which end of the line this is. Each direction has a key of its own. */
export type LineEnd = "phone" | "peer"

/**
 * A line that only the two who share the pairing key can speak on, each message once and in its order: AES-256-GCM under
 * keys of this connection alone, with counters for nonces. What goes over it is no secret, who says it is what matters.
 */
export class SealedLine {
  readonly #sending: Bytes
  readonly #receiving: Bytes
  #sent = 0n
  #received = 0n

  constructor(end: LineEnd, pairingKey: Uint8Array, peerNonce: Uint8Array, phoneNonce: Uint8Array) {
    const salt = concat(peerNonce, phoneNonce)
    const keys = new Uint8Array(hkdfSync("sha256", pairingKey, salt, utf8("starling/v1/phone line"), 2 * KEY_BYTES))
    const [ofPhone, ofPeer] = [keys.slice(0, KEY_BYTES), keys.slice(KEY_BYTES)]
    this.#sending = end === "phone" ? ofPhone : ofPeer
    this.#receiving = end === "phone" ? ofPeer : ofPhone
  }

  seal(message: Uint8Array): Bytes {
    const cipher = createCipheriv("aes-256-gcm", this.#sending, nonceOf(this.#sent++))
    return concat(cipher.update(message), cipher.final(), cipher.getAuthTag())
  }

  /** `undefined` where it is not the other end's next message. */
  open(sealed: Uint8Array): Bytes | undefined {
    if (sealed.length < TAG_BYTES) return undefined
    const decipher = createDecipheriv("aes-256-gcm", this.#receiving, nonceOf(this.#received), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      const message = concat(decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final())
      this.#received++
      return message
    } catch {
      return undefined
    }
  }
}

/** `uint32 0; uint64 counter` */
function nonceOf(counter: bigint): Bytes {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, counter)
  return nonce
}
