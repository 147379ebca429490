import { equalBytes, toHex, wipe, type Bytes, type Milliseconds } from "@starling/kernel"
import { commitmentOf, leafOf, type FieldElement, type MerkleTree } from "@starling/proof"
import { contextOf, digest, scopeOf } from "../binding.ts"
import { encodeKeyRequest } from "../frames/key-request.ts"
import { decodeKeyResponse, encodeAnswerStatement, encodeRefusalStatement } from "../frames/key-response.ts"
import type { Refusal } from "../frames/refusals.ts"
import type { SealedEpoch } from "../frames/sealed-epoch.ts"
import { InTurn } from "../in-turn.ts"
import type { Clock, RandomPort } from "../ports.ts"
import { ANSWER_RETENTION, type KeySize } from "../protocol.ts"
import { KEM_SEED_BYTES, kemPublicKeyOf, openKey } from "../sealed-key.ts"
import { isSignedBy } from "../signing.ts"
import type { Membership, PendingRequest } from "./client-state.ts"
import { EntropyClientError } from "./entropy-client-error.ts"
import { Memberships } from "./memberships.ts"
import { checkLeaves, readEpoch, requireOpen, seenOf } from "./open-epoch.ts"
import type { RootWitness } from "./root-witness.ts"
import type { LocalProviderEntry, Platform } from "./platform.ts"
import type { AuthenticationApi, CertifiedDoor, ClientJournal, KeyDelivered, ProverPort, Tap } from "./ports.ts"
import { reach } from "./reach.ts"
import { Registration } from "./registration.ts"

export interface EntropyClientPorts {
  readonly platform: Platform
  /** The one that `tap` reaches; a request for it can't be redeemed at another. */
  readonly localProvider: LocalProviderEntry
  readonly authentication: AuthenticationApi
  readonly tap: Tap
  readonly prover: ProverPort
  readonly random: RandomPort
  readonly journal: ClientJournal
  readonly clock: Clock
  /** What this device and its peers were shown; without it, a client compares with what it saw itself. */
  readonly witness?: RootWitness
  /** Smallest number of members to hide among; 1 where none is given. */
  readonly minimumSet?: number
}

export type Step = "registering" | "sealing" | "leaves" | "proving" | "requesting" | "opening"

const DELIVERY_ID_BYTES = 8
const MAX_ATTEMPTS = 3

/** Refusals that the PVS makes once it has looked for an issued key and found none, and that sending again won't change. */
const SETTLING: ReadonlySet<Refusal> = new Set([
  "epoch-closed",
  "superseded",
  "bad-kem-key",
  "bad-proof",
  "nullifier-used",
])

/**
 * Obtains keys for one device. What a request needs is in the journal before the request leaves, and stays there until
 * its key is durable in the pool: a crash at any point costs no quota, and the same key is then delivered under the same
 * `delivery.id`.
 */
export class EntropyClient {
  readonly #ports: EntropyClientPorts
  readonly #memberships: Memberships
  readonly #registration: Registration
  readonly #turns = new InTurn()
  #tree:
    | { readonly root: FieldElement; readonly tree: MerkleTree; readonly leaves: readonly FieldElement[] }
    | undefined

  /** The `delivery` of a request made ahead, which nobody has seen yet. */
  #unsent: string | undefined

  constructor(ports: EntropyClientPorts) {
    this.#ports = ports
    this.#memberships = new Memberships(ports.journal)
    this.#registration = new Registration({ ...ports, memberships: this.#memberships })
  }

  /** Whether the AS has confirmed this device's commitment. */
  get registered(): boolean {
    return this.#registration.quota !== undefined
  }

  /**
   * Registers this device's one commitment; the same device may repeat it. Resolves to the quota: keys per epoch. Throws
   * `EntropyClientError`.
   */
  async register(enrolmentCode: string, signal: AbortSignal): Promise<number> {
    return await this.#turns.run(async () => await this.#registration.byCode(enrolmentCode, signal))
  }

  /**
   * The same by the user's certificate, which `door` shows. Repeated with another certificate of the same user, it puts
   * that one in the place of the former.
   */
  async registerCertified(door: CertifiedDoor, signal: AbortSignal): Promise<number> {
    return await this.#turns.run(async () => await this.#registration.byCertificate(door, signal))
  }

  /** Fetches the newest epoch and its leaves, as before a request, so that neither has to be fetched right before one. */
  async look(signal: AbortSignal): Promise<void> {
    await this.#turns.run(async () => {
      const sealed = await this.#openEpoch(this.#membership(), signal)
      await this.#leaves(sealed, signal)
    })
  }

  /**
   * Makes the next request, so that whoever then obtains a key of this size waits for no proof. Resolves to the time when its epoch
   * closes: after that it is to be made anew. Throws `EntropyClientError`.
   */
  async prepare(keySize: KeySize, signal: AbortSignal): Promise<Milliseconds> {
    return await this.#turns.run(async () => {
      const known = this.#pending(keySize)
      if (known !== undefined) return known.closesAt
      const made = await this.#prepare(this.#membership(), keySize, signal, () => {})
      this.#unsent = made.delivery
      return made.closesAt
    })
  }

  /**
   * Obtains one key and hands it to `accept`, which returns once the key is durable; a `delivery.id` that it has seen
   * before is a key that it already has. A request left over from a crash is finished first, and is then the one that
   * counts, whatever its size. Throws `EntropyClientError`.
   */
  async obtain(
    keySize: KeySize,
    signal: AbortSignal,
    onProgress: (step: Step) => void,
    accept: (key: KeyDelivered) => void,
  ): Promise<void> {
    await this.#turns.run(async () => {
      for (let attempt = 1; ; attempt++) {
        this.#requireOneRoot()
        const pending = this.#pending(keySize) ?? (await this.#prepare(this.#membership(), keySize, signal, onProgress))
        const outcome = await this.#redeem(pending, signal, onProgress, accept)
        if (outcome === "delivered") return
        // An epoch may end, or be sealed anew, while a proof is made; again and again, it is the platform's fault.
        if (outcome !== "nullifier-used" && attempt === MAX_ATTEMPTS) {
          throw new EntropyClientError("refused", { refusal: outcome })
        }
      }
    })
  }

  /** The request that is to be sent next. One that was made ahead for something else is dropped; its `k` is free again. */
  #pending(keySize: KeySize): PendingRequest | undefined {
    const { pending } = this.#membership()
    if (pending === undefined || pending.delivery !== this.#unsent) return pending
    if (pending.keySize === keySize && this.#ports.clock.now() < pending.closesAt) return pending
    this.#settle(pending, pending.k)
    return undefined
  }

  /** Makes the next request and writes it down; nothing has left the device when it resolves. */
  async #prepare(
    membership: Membership,
    keySize: KeySize,
    signal: AbortSignal,
    onProgress: (step: Step) => void,
  ): Promise<PendingRequest> {
    const { platform, localProvider, prover, random, minimumSet = 1 } = this.#ports
    onProgress("sealing")
    const sealed = await this.#openEpoch(membership, signal)
    const current = { ...membership, seen: seenOf(sealed), ...countersIn(membership, sealed.epoch) }
    if (current.nextK >= current.quota) throw new EntropyClientError("quota-used-up")
    if (sealed.size < minimumSet) throw new EntropyClientError("set-too-small")
    onProgress("leaves")
    const { tree, leaves } = await this.#leaves(sealed, signal)
    const leafIndex = leaves.indexOf(leafOf(commitmentOf(current.secret, current.trapdoor), current.quota))
    const untilNext = sealed.closesAt - this.#ports.clock.now()
    if (leafIndex < 0) throw new EntropyClientError("epoch-not-open", { retryAfter: untilNext })
    this.#memberships.save(current)

    onProgress("proving")
    const kemSeed = random.draw(KEM_SEED_BYTES, "key encapsulation key")
    const kemPublicKey = kemPublicKeyOf(kemSeed)
    const address = { service: platform.service, localProvider: localProvider.id }
    const seal = { epoch: sealed.epoch, revision: sealed.revision }
    const context = contextOf({ ...address, ...seal, nonce: sealed.nonce, keySize, kemPublicKey })
    const scope = scopeOf(platform.service, sealed.epoch)
    const { secret, trapdoor, quota, nextK: k } = current
    const witness = { secret, trapdoor, quota, k, leafIndex, siblings: tree.path(leafIndex), scope, context }
    const { proof, statement, milliseconds } = await prove(prover, witness, signal)
    const { nullifier } = statement
    const pending: PendingRequest = {
      ...seal,
      closesAt: sealed.closesAt,
      k,
      keySize,
      kemSeed,
      localProvider: localProvider.id,
      localProviderName: localProvider.name,
      context,
      nullifier,
      anonymitySet: sealed.size,
      proofMilliseconds: Math.round(milliseconds),
      delivery: toHex(random.draw(DELIVERY_ID_BYTES, "delivery id")),
      request: encodeKeyRequest({ ...address, ...seal, keySize, nullifier, kemPublicKey, proof }),
    }
    this.#memberships.save({ ...current, nextK: k + 1, pending })
    return pending
  }

  /** Sends a request that is in the journal. A refusal that is returned settles it, and another may be made. */
  async #redeem(
    pending: PendingRequest,
    signal: AbortSignal,
    onProgress: (step: Step) => void,
    accept: (key: KeyDelivered) => void,
  ): Promise<"delivered" | Refusal> {
    const { platform, tap } = this.#ports
    this.#unsent = undefined
    onProgress("requesting")
    let channel: string | undefined
    const frame = await this.#transceive(pending, signal, (told) => {
      channel = told
    })
    if (frame === undefined) return "epoch-closed"
    const response = decodeKeyResponse(frame)
    if (response.kind === "malformed") throw new EntropyClientError("bad-answer", { cause: response.why })
    switch (response.value.kind) {
      case "turned-away":
        throw new EntropyClientError("turned-away", { refusal: response.value.reason })
      case "refused": {
        const { signature, reason } = response.value
        const refusal = { service: platform.service, request: digest(pending.request), reason }
        const genuine = isSignedBy(platform.validation.publicKey, encodeRefusalStatement(refusal), signature)
        if (!genuine) throw new EntropyClientError("bad-answer")
        return this.#afterRefusal(pending, reason)
      }
      case "answered": {
        onProgress("opening")
        const { signature, ...answer } = response.value
        const { service } = platform
        const { localProvider, epoch, revision, nullifier, context, kemSeed } = pending
        const expected = { ...answer, service, localProvider, epoch, revision, nullifier, context }
        const genuine = isSignedBy(platform.validation.publicKey, encodeAnswerStatement(expected), signature)
        if (!genuine) throw new EntropyClientError("bad-answer")
        const key = openKey(answer, kemSeed, pending)
        if (key.kind === "malformed" || key.value.length !== pending.keySize) throw new EntropyClientError("bad-answer")
        accept({ bytes: key.value, delivery: deliveryOf(pending, answer, tap), channel })
        wipe(key.value, kemSeed)
        this.#settle(pending, pending.k + 1)
        tap.settled(frame)
        return "delivered"
      }
    }
  }

  /** `undefined` where nobody can answer this request any more. */
  async #transceive(
    pending: PendingRequest,
    signal: AbortSignal,
    told: (channel: string) => void,
  ): Promise<Bytes | undefined> {
    const { localProvider, tap } = this.#ports
    if (equalBytes(pending.localProvider, localProvider.id))
      return await reach(tap.transceive(pending.request, signal, told), signal)
    // The request is for another Local Provider than the one at hand: it waits for it, as long as that makes sense.
    if (this.#isAnswerable(pending)) throw new EntropyClientError("turned-away", { refusal: "wrong-local-provider" })
    this.#settle(pending, pending.k + 1)
    return undefined
  }

  /** Whether an issued key can still be had for it. */
  #isAnswerable(pending: PendingRequest): boolean {
    return this.#ports.clock.now() < pending.closesAt + ANSWER_RETENTION
  }

  #afterRefusal(pending: PendingRequest, reason: Refusal): Refusal {
    // The request stays, and is sent again another time: its key may have been issued, or may yet be.
    if (!SETTLING.has(reason) && this.#isAnswerable(pending))
      throw new EntropyClientError("refused", { refusal: reason })
    // Spent by this device, before its journal was restored from a copy: the next one may be free. Otherwise the PVS
    // looked for an issued key and found none, so that k is free again.
    this.#settle(pending, reason === "nullifier-used" ? pending.k + 1 : pending.k)
    if (["nullifier-used", "superseded", "epoch-closed"].includes(reason)) return reason
    throw new EntropyClientError("refused", { refusal: reason })
  }

  async #openEpoch(membership: Membership, signal: AbortSignal): Promise<SealedEpoch> {
    const { authentication, platform, clock } = this.#ports
    const frame = await reach(authentication.newestEpoch(signal), signal)
    if (frame === undefined) throw new EntropyClientError("epoch-not-open")
    const sealed = readEpoch(frame, platform)
    this.#ports.witness?.note(platform, sealed)
    this.#requireOneRoot()
    if (this.#ports.witness?.knowsLater(sealed) === true) throw new EntropyClientError("older-epoch")
    requireOpen(sealed, membership.seen, clock.now())
    return sealed
  }

  /** A platform that signed two roots for one epoch gets no request any more, not even one that was made before. */
  #requireOneRoot(): void {
    const { witness, platform } = this.#ports
    if (witness?.conflictOf(platform.service) !== undefined) throw new EntropyClientError("two-roots")
  }

  async #leaves(sealed: SealedEpoch, signal: AbortSignal): Promise<ReturnType<typeof checkLeaves>> {
    if (this.#tree?.root === sealed.root) return this.#tree
    const frame = await reach(this.#ports.authentication.leaves(sealed.epoch, sealed.revision, signal), signal)
    this.#tree = { root: sealed.root, ...checkLeaves(frame, sealed) }
    return this.#tree
  }

  #membership(): Membership {
    const membership = this.#memberships.of(this.#ports.platform.service)
    if (membership === undefined || membership.quota === 0) throw new EntropyClientError("not-registered")
    return membership
  }

  /** Forgets a request and its KEM secret; `nextK` is where its epoch goes on, should it still be the counted one. */
  #settle(pending: PendingRequest, nextK: number): void {
    const { pending: _, ...membership } = this.#membership()
    this.#memberships.save({
      ...membership,
      nextK: membership.epoch === pending.epoch ? nextK : membership.nextK,
      pending: undefined,
    })
  }
}

/** Counting starts anew with each epoch; a revision goes on where the one before it was. */
function countersIn(membership: Membership, epoch: number): Pick<Membership, "epoch" | "nextK"> {
  return { epoch, nextK: membership.epoch === epoch ? membership.nextK : 0 }
}

function deliveryOf(
  pending: PendingRequest,
  answer: { readonly source: string; readonly simulated: boolean },
  tap: Tap,
): KeyDelivered["delivery"] {
  return {
    id: pending.delivery,
    source: answer.source,
    simulated: answer.simulated,
    path: tap.path,
    localProvider: pending.localProviderName,
    epoch: pending.epoch,
    anonymitySet: pending.anonymitySet,
    proofMilliseconds: pending.proofMilliseconds,
    bytes: pending.keySize,
  }
}

async function prove(
  prover: ProverPort,
  witness: Parameters<ProverPort["prove"]>[0],
  signal: AbortSignal,
): ReturnType<ProverPort["prove"]> {
  try {
    return await prover.prove(witness, signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw new EntropyClientError("proof-failed", { cause })
  }
}
