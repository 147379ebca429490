import { assertNever, equalBytes, type Bytes, type Milliseconds } from "@starling/kernel"
import { MerkleTree, type FieldElement } from "@starling/proof"
import { circuitBytes, digest } from "../binding.ts"
import type { Database } from "../database.ts"
import { EnrolmentCode, ENROLMENT_SECRET_BYTES } from "../enrolment-code.ts"
import { decodeEpochVerdict, encodeEpochProposal } from "../frames/epoch-proposal.ts"
import { encodeLeafList } from "../frames/leaf-list.ts"
import { Refusal } from "../frames/refusals.ts"
import {
  decodeCertifiedRegistration,
  decodeRegistration,
  encodeReceiptStatement,
  encodeRegistrationAnswer,
} from "../frames/registration.ts"
import { encodeEpochStatement, encodeSealedEpoch, type EpochStatement } from "../frames/sealed-epoch.ts"
import { InTurn } from "../in-turn.ts"
import { migrate } from "../migrate.ts"
import { Unreachable, type Clock, type RandomPort, type ValidationApi } from "../ports.ts"
import { NONCE_BYTES } from "../protocol.ts"
import { isSignedBy, type SigningKey } from "../signing.ts"
import { EpochLog, type DraftEpoch } from "./epoch-log.ts"
import { AUTHENTICATION_SCHEMA } from "./schema.ts"
import { UserRegister, type CertifiedUser, type Enrolment, type Moment, type User } from "./user-register.ts"

export interface AuthenticationPorts {
  readonly database: Database
  readonly key: SigningKey
  readonly validationKey: Uint8Array
  readonly service: Uint8Array
  readonly validation: ValidationApi
  readonly random: RandomPort
  readonly clock: Clock
}

export interface AuthenticationPolicy {
  readonly epochLength: Milliseconds
  /**
   * Seals anew whenever somebody registers, so that a first key needs no wait. It ties registration to request in time
   * and is for platforms that nobody else uses.
   */
  readonly sealOnRegistration: boolean
}

export type UserChange =
  | { readonly kind: "withdraw" | "restore" }
  | { readonly kind: "limit"; readonly validUntil: Milliseconds }
  /** Lets the user register another commitment, by a new code or a certificate; it counts from the next epoch on. */
  | { readonly kind: "free" }

export type Sealing =
  | { readonly kind: "sealed"; readonly statement: EpochStatement }
  | { readonly kind: "nobody-registered" }

/** The PVS would not sign what this AS proposed: the two are set up against each other. */
export class SealRefused extends Error {
  override readonly name = "SealRefused"
  readonly reason: Refusal

  constructor(reason: Refusal) {
    super(`the validation server refused an epoch: ${Refusal.sentence(reason)}`)
    this.reason = reason
  }
}

/** Knows who the users are, and never sees a request: registers one commitment per user and seals them into epochs. */
export class AuthenticationServer {
  readonly #ports: AuthenticationPorts
  readonly #policy: AuthenticationPolicy
  readonly #users: UserRegister
  readonly #log: EpochLog
  readonly #sealing = new InTurn()

  private constructor(ports: AuthenticationPorts, policy: AuthenticationPolicy) {
    this.#ports = ports
    this.#policy = policy
    this.#users = new UserRegister(ports.database)
    this.#log = new EpochLog(ports.database)
  }

  static async open(ports: AuthenticationPorts, policy: AuthenticationPolicy): Promise<AuthenticationServer> {
    await migrate(ports.database, AUTHENTICATION_SCHEMA)
    return new AuthenticationServer(ports, policy)
  }

  /** The text of a one-time enrolment code, or `undefined` where the name is taken. */
  async addUser(name: string, quota: number): Promise<string | undefined> {
    return await this.#withCode(async (secret) => await this.#users.add(name, quota, secret))
  }

  /**
   * A new code in place of a user's old one, or `undefined` where there is no such user. It gives no second
   * registration: with another commitment than the user's it is refused.
   */
  async renewCode(name: string): Promise<string | undefined> {
    return await this.#withCode(async (secret) => await this.#users.renew(name, secret))
  }

  async users(): Promise<readonly User[]> {
    return await this.#users.list()
  }

  /** What the operator may change of a user. `false` where there is no such user. It shows in the next seal. */
  async change(name: string, change: UserChange): Promise<boolean> {
    switch (change.kind) {
      case "withdraw":
        return await this.#users.withdraw(name)
      case "restore":
        return await this.#users.restore(name)
      case "limit":
        return await this.#users.limit(name, change.validUntil)
      case "free":
        return await this.#users.free(name, await this.#nextEpoch())
      default:
        return assertNever(change)
    }
  }

  /** Serials of revoked certificates, in hexadecimal; gives how many users lost their access by them. */
  async revokeCertificates(serials: readonly string[]): Promise<number> {
    return await this.#users.revokeCertificates(serials)
  }

  /** Takes a registration frame, gives a registration answer frame. */
  async register(frame: Uint8Array, signal: AbortSignal): Promise<Bytes> {
    const registration = decodeRegistration(frame)
    if (registration.kind === "malformed") return refuse("malformed")
    const { service, enrolment, commitment } = registration.value
    return await this.#bind(service, commitment, signal, async (moment) =>
      this.#users.register(enrolment, commitment, moment),
    )
  }

  /** The same for a user who has shown `user` on the connection; one who is new may make `quota` requests per epoch. */
  async registerCertified(frame: Uint8Array, user: CertifiedUser, quota: number, signal: AbortSignal): Promise<Bytes> {
    const registration = decodeCertifiedRegistration(frame)
    if (registration.kind === "malformed") return refuse("malformed")
    const { service, commitment } = registration.value
    return await this.#bind(service, commitment, signal, async (moment) =>
      this.#users.registerCertified(user, commitment, quota, moment),
    )
  }

  /** The newest epoch as a sealed epoch frame; the same for everybody who asks. */
  async newestEpoch(): Promise<Bytes | undefined> {
    const sealed = await this.#log.newest()
    return sealed && encodeSealedEpoch(sealed)
  }

  /** The whole leaf list of a sealed epoch: nobody asks for a path of their own. */
  async leaves(epoch: number, revision: number): Promise<Bytes | undefined> {
    return await this.#log.leaves(epoch, revision)
  }

  /** Opens the next epoch where the last one is over, and finishes what a crash left half sealed. */
  async sealIfDue(signal: AbortSignal): Promise<void> {
    const newest = await this.#log.newest()
    const over = newest === undefined || newest.closesAt <= this.#ports.clock.now()
    if (over || (await this.#log.pending()) !== undefined) await this.seal(signal)
  }

  /**
   * Puts everybody who is registered into an epoch: the next one, or a new revision of the one that is open. Throws
   * `Unreachable` or `SealRefused`; either way nothing is published that the PVS has not signed.
   */
  async seal(signal: AbortSignal): Promise<Sealing> {
    return await this.#sealing.run(async () => {
      const unfinished = await this.#log.pending()
      if (unfinished !== undefined) await this.#propose(unfinished, signal)
      const draft = await this.#draft()
      if (draft === undefined) return { kind: "nobody-registered" }
      const newest = await this.#log.newest()
      const nothingNew = newest?.epoch === draft.statement.epoch && newest.root === draft.statement.root
      if (newest !== undefined && nothingNew) return { kind: "sealed", statement: newest }
      await this.#log.write(draft)
      await this.#propose(draft, signal)
      return { kind: "sealed", statement: draft.statement }
    })
  }

  async #bind(
    service: Bytes,
    commitment: FieldElement,
    signal: AbortSignal,
    enrol: (moment: Moment) => Promise<Enrolment>,
  ): Promise<Bytes> {
    if (!equalBytes(service, this.#ports.service)) return refuse("wrong-service")
    // Whoever registers waits for the next epoch: a revision made meanwhile would tell when somebody came.
    const activeFrom = this.#policy.sealOnRegistration ? 0 : await this.#nextEpoch()
    const outcome = await enrol({ now: this.#ports.clock.now(), activeFrom })
    if (outcome.kind === "refused") return refuse(outcome.reason)
    if (this.#policy.sealOnRegistration) await this.seal(signal)
    const receipt = { service, commitment, quota: outcome.quota }
    const signature = this.#ports.key.sign(encodeReceiptStatement(receipt))
    return encodeRegistrationAnswer({ kind: "registered", ...receipt, signature })
  }

  async #nextEpoch(): Promise<number> {
    return ((await this.#log.newest())?.epoch ?? 0) + 1
  }

  async #withCode(keep: (secret: Uint8Array) => Promise<boolean>): Promise<string | undefined> {
    const secret = this.#ports.random.draw(ENROLMENT_SECRET_BYTES, "enrolment code")
    const kept = await keep(secret)
    return kept ? EnrolmentCode.toText(EnrolmentCode.of(secret, this.#ports.service)) : undefined
  }

  async #draft(): Promise<DraftEpoch | undefined> {
    const place = await this.#place()
    const leaves = await this.#users.leaves(place.epoch, place.opensAt)
    if (leaves.length === 0) return undefined
    const list = encodeLeafList(leaves)
    const statement = {
      service: new Uint8Array(this.#ports.service),
      ...place,
      nonce: this.#ports.random.draw(NONCE_BYTES, "epoch nonce"),
      root: MerkleTree.of(leaves).root,
      size: leaves.length,
      leaves: digest(list),
      circuit: circuitBytes(),
    }
    return { statement, authenticationSignature: this.#ports.key.sign(encodeEpochStatement(statement)), leaves: list }
  }

  async #place(): Promise<Pick<EpochStatement, "epoch" | "revision" | "opensAt" | "closesAt">> {
    const now = this.#ports.clock.now()
    const newest = await this.#log.newest()
    if (newest !== undefined && now < newest.closesAt) {
      return { epoch: newest.epoch, revision: newest.revision + 1, opensAt: newest.opensAt, closesAt: newest.closesAt }
    }
    return { epoch: (newest?.epoch ?? 0) + 1, revision: 0, opensAt: now, closesAt: now + this.#policy.epochLength }
  }

  async #propose(draft: DraftEpoch, signal: AbortSignal): Promise<void> {
    const verdict = decodeEpochVerdict(await this.#ports.validation.countersign(encodeEpochProposal(draft), signal))
    if (verdict.kind === "malformed") throw new Unreachable(`the validation server answers nonsense: ${verdict.why}`)
    if (verdict.value.kind === "refused") {
      await this.#log.withdraw(draft.statement)
      throw new SealRefused(verdict.value.reason)
    }
    const { signature } = verdict.value
    if (!isSignedBy(this.#ports.validationKey, encodeEpochStatement(draft.statement), signature)) {
      throw new Unreachable("what answers for the validation server has another key")
    }
    await this.#log.publish(draft.statement, signature)
  }
}

function refuse(reason: Refusal): Bytes {
  return encodeRegistrationAnswer({ kind: "refused", reason })
}
