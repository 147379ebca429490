import { concat, toBase64url, toHex, utf8, type Bytes } from "@starling/kernel"
import { exportSecret, type CryptoProvider, type GroupState, type MlsContext } from "@starling/mls"

/**
 * The time between two removals. Its key wraps everything that members publish, on every branch, so that outsiders
 * see neither group nor epoch; whoever was removed before it began does not hold it.
 */
export interface Era {
  /** 8 bytes in hexadecimal; follows from the key, so that it says nothing to those without. */
  readonly id: string
  /** 32 bytes. */
  readonly key: Bytes
  /** Where its envelopes are published; empty bytes of the group never show in it. */
  readonly topic: string
}

const ERA_LABEL = "starling era"

/** The era that begins with `state`. */
export function beginEra(mls: MlsContext, state: GroupState, plainTopic: string | undefined): Era {
  return eraOf(mls.crypto, exportSecret(mls, state, ERA_LABEL, state.groupId, 32), plainTopic)
}

/** The era of a key that another member handed on. `plainTopic` names the topic openly, as the paper does. */
export function eraOf(crypto: CryptoProvider, key: Uint8Array, plainTopic: string | undefined): Era {
  const name = plainTopic ?? toBase64url(derive(crypto, key, "topic", 16))
  return { id: toHex(derive(crypto, key, "id", 8)), key: concat(key), topic: `/starling/group/${name}` }
}

/** A key of the era for one use. */
export function derive(crypto: CryptoProvider, key: Uint8Array, use: string, length: number): Bytes {
  return crypto.expand(key, utf8(`starling era ${use}`), length)
}
