import { equalBytes, type Bytes } from "@starling/kernel"
import { decodeKeyRequest, encodeForwardedRequest, encodeForwardStatement } from "./frames/key-request.ts"
import { encodeKeyResponse } from "./frames/key-response.ts"
import type { Refusal } from "./frames/refusals.ts"
import type { Passage } from "./channel/passage.ts"
import { localProviderIdOf } from "./binding.ts"
import { Unreachable, type ValidationApi } from "./ports.ts"
import type { SigningKey } from "./signing.ts"

/**
 * Stands in a branch, between the users' taps and the PVS. It passes bytes on in both directions, under its own name,
 * and can read, change or redirect neither: it can only drop them.
 */
export class LocalProvider {
  readonly id: Bytes
  readonly #key: SigningKey
  readonly #validation: ValidationApi

  constructor(key: SigningKey, validation: ValidationApi) {
    this.id = localProviderIdOf(key.publicKey)
    this.#key = key
    this.#validation = validation
  }

  /**
   * Takes a key request frame, gives a key response frame: of the PVS, or its own where there is none to be had. `told`
   * hears how the PVS's came.
   */
  async request(request: Uint8Array, signal: AbortSignal, told?: (passage: Passage) => void): Promise<Bytes> {
    const decoded = decodeKeyRequest(request)
    if (decoded.kind === "malformed") return turnAway("malformed")
    if (!equalBytes(decoded.value.localProvider, this.id)) return turnAway("wrong-local-provider")
    const signature = this.#key.sign(encodeForwardStatement(this.id, request))
    const forwarded = encodeForwardedRequest({ localProvider: this.id, request: new Uint8Array(request), signature })
    try {
      return await this.#validation.request(forwarded, signal, told)
    } catch (error) {
      if (error instanceof Unreachable) return turnAway("validation-unreachable")
      throw error
    }
  }
}

function turnAway(reason: Refusal): Bytes {
  return encodeKeyResponse({ kind: "turned-away", reason })
}
