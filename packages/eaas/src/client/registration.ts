import { equalBytes, type Bytes } from "@starling/kernel"
import { commitmentOf, FieldElement } from "@starling/proof"
import { EnrolmentCode } from "../enrolment-code.ts"
import {
  decodeRegistrationAnswer,
  encodeCertifiedRegistration,
  encodeReceiptStatement,
  encodeRegistration,
} from "../frames/registration.ts"
import type { RandomPort } from "../ports.ts"
import { isSignedBy } from "../signing.ts"
import type { Membership } from "./client-state.ts"
import { EntropyClientError } from "./entropy-client-error.ts"
import type { Memberships } from "./memberships.ts"
import type { Platform } from "./platform.ts"
import type { AuthenticationApi, CertifiedDoor } from "./ports.ts"
import { reach } from "./reach.ts"

const FIELD_RANDOMNESS_BYTES = 32

export interface RegistrationPorts {
  readonly platform: Platform
  readonly authentication: AuthenticationApi
  readonly random: RandomPort
  readonly memberships: Memberships
}

/** Binds a device's one commitment to a user of the AS. Its secrets are written down before anything leaves the device. */
export class Registration {
  readonly #ports: RegistrationPorts

  constructor(ports: RegistrationPorts) {
    this.#ports = ports
  }

  /** Keys per epoch, once the AS has confirmed the commitment. */
  get quota(): number | undefined {
    const quota = this.#ports.memberships.of(this.#ports.platform.service)?.quota ?? 0
    return quota > 0 ? quota : undefined
  }

  /** By a one-time code, which may be repeated. Resolves to the quota. Throws `EntropyClientError`. */
  async byCode(enrolmentCode: string, signal: AbortSignal): Promise<number> {
    const { platform, authentication } = this.#ports
    const code = EnrolmentCode.fromText(enrolmentCode)
    if (code.kind === "malformed") throw new EntropyClientError("wrong-code")
    const { secret, servicePrefix } = code.value
    if (!equalBytes(platform.service.slice(0, servicePrefix.length), servicePrefix)) {
      throw new EntropyClientError("other-platform")
    }
    return (
      this.quota ??
      (await this.#register(signal, async (commitment) => {
        const registration = encodeRegistration({ service: platform.service, enrolment: secret, commitment })
        return await authentication.register(registration, signal)
      }))
    )
  }

  /** By the certificate that `door` shows; another one of the same user takes the place of the former. */
  async byCertificate(door: CertifiedDoor, signal: AbortSignal): Promise<number> {
    const { service } = this.#ports.platform
    return await this.#register(
      signal,
      async (commitment) => await door.register(encodeCertifiedRegistration({ service, commitment }), signal),
    )
  }

  async #register(signal: AbortSignal, send: (commitment: FieldElement) => Promise<Bytes>): Promise<number> {
    const { platform, random, memberships } = this.#ports
    const membership = memberships.of(platform.service) ?? newMembership(platform.service, random)
    memberships.save(membership)

    const commitment = commitmentOf(membership.secret, membership.trapdoor)
    const answer = decodeRegistrationAnswer(await reach(send(commitment), signal))
    if (answer.kind === "malformed") throw new EntropyClientError("unreachable", { cause: answer.why })
    if (answer.value.kind === "refused") throw new EntropyClientError("refused", { refusal: answer.value.reason })
    const receipt = { service: platform.service, commitment, quota: answer.value.quota }
    const signed = isSignedBy(
      platform.authentication.publicKey,
      encodeReceiptStatement(receipt),
      answer.value.signature,
    )
    if (!signed || receipt.quota === 0) throw new EntropyClientError("bad-signature")
    memberships.save({ ...membership, quota: receipt.quota })
    return receipt.quota
  }
}

function newMembership(service: Uint8Array, random: RandomPort): Membership {
  const secret = FieldElement.fromDigest(random.draw(FIELD_RANDOMNESS_BYTES, "membership secret"))
  const trapdoor = FieldElement.fromDigest(random.draw(FIELD_RANDOMNESS_BYTES, "membership trapdoor"))
  const none = { seen: undefined, pending: undefined }
  return { service: new Uint8Array(service), secret, trapdoor, quota: 0, epoch: 0, nextK: 0, ...none }
}
