import { SourceFailed, type EntropySource } from "@starling/entropy"
import { equalBytes, toHex, wipe, type Bytes, type Milliseconds } from "@starling/kernel"
import { contextOf, digest, scopeOf } from "../binding.ts"
import type { Database } from "../database.ts"
import { decodeEpochProposal, encodeEpochVerdict } from "../frames/epoch-proposal.ts"
import {
  decodeForwardedRequest,
  decodeKeyRequest,
  encodeForwardStatement,
  type KeyRequest,
} from "../frames/key-request.ts"
import { encodeAnswerStatement, encodeKeyResponse, encodeRefusalStatement } from "../frames/key-response.ts"
import type { Refusal } from "../frames/refusals.ts"
import { encodeEpochStatement, type EpochStatement } from "../frames/sealed-epoch.ts"
import { InTurn, InTurnByKey } from "../in-turn.ts"
import { migrate } from "../migrate.ts"
import { type Clock, type RandomPort, type ValidationApi, type Verifier } from "../ports.ts"
import { ANSWER_RETENTION, DEFAULT_CAPACITY, EPOCH_GRACE, SERVICE_ID_BYTES } from "../protocol.ts"
import { ENCAPSULATION_RANDOMNESS_BYTES, sealKey } from "../sealed-key.ts"
import { isSignedBy, type SigningKey } from "../signing.ts"
import { Admission } from "./admission.ts"
import { EpochBook } from "./epoch-book.ts"
import { IssueBook, type Spender } from "./issue-book.ts"
import { CLOCK_TOLERANCE, judgeEpoch } from "./judge-epoch.ts"
import { VALIDATION_SCHEMA } from "./schema.ts"

export interface ValidationPorts {
  readonly database: Database
  readonly key: SigningKey
  readonly authenticationKey: Uint8Array
  readonly service: Uint8Array
  /** Public keys of the Local Providers, by their ids in hexadecimal. */
  readonly localProviders: ReadonlyMap<string, Uint8Array>
  /** Conditioned: every byte of full entropy. A latched one throws `SourceFailed`, and nothing takes its place. */
  readonly source: EntropySource
  readonly verifier: Verifier
  readonly random: RandomPort
  readonly clock: Clock
  /** Most requests under way at a time; `DEFAULT_CAPACITY` where none is given. */
  readonly capacity?: number
  /** The database is a backup that was put back: what was spent since is not in it. */
  readonly restored?: boolean
  /** Hears what became of each request, for whoever counts. */
  readonly observe?: (outcome: RequestOutcome) => void
}

/** A key for the first time, the same one again, or why there was none. */
export type RequestOutcome = "issued" | "repeated" | Refusal

interface Reply {
  readonly outcome: RequestOutcome
  /** A key response frame. */
  readonly frame: Bytes
}

type Judgement =
  | { readonly kind: "issued" | "repeated"; readonly answer: Bytes }
  | { readonly kind: "turned-away"; readonly reason: Refusal }
  | { readonly kind: "refused"; readonly reason: Refusal }

/** Sees requests and never users: checks proofs, spends nullifiers, and encrypts quantum keys to whoever asked. */
export class ProofValidationServer implements ValidationApi {
  readonly #ports: ValidationPorts
  readonly #epochs: EpochBook
  readonly #issues: IssueBook
  readonly #countersigning = new InTurn()
  readonly #spending = new InTurnByKey()
  readonly #admission: Admission
  readonly #completeFrom: Milliseconds

  private constructor(ports: ValidationPorts, completeFrom: Milliseconds) {
    if (ports.service.length !== SERVICE_ID_BYTES) throw new RangeError("a service id has 32 bytes")
    if (ports.source.kind !== "conditioned")
      throw new TypeError("keys are made of conditioned bytes, never of raw samples")
    this.#ports = ports
    this.#completeFrom = completeFrom
    this.#epochs = new EpochBook(ports.database)
    this.#issues = new IssueBook(ports.database)
    this.#admission = new Admission(ports.capacity ?? DEFAULT_CAPACITY, ports.localProviders.size)
  }

  static async open(ports: ValidationPorts): Promise<ProofValidationServer> {
    await migrate(ports.database, VALIDATION_SCHEMA)
    const epochs = new EpochBook(ports.database)
    // Statements may open a little later than they are signed.
    if (ports.restored === true) await epochs.restored(ports.clock.now() + CLOCK_TOLERANCE)
    return new ProofValidationServer(ports, await epochs.completeFrom())
  }

  /** Signs what the AS sealed, once per epoch and revision: the same statement gets the same signature again. */
  async countersign(proposal: Uint8Array): Promise<Bytes> {
    return await this.#countersigning.run(async () => encodeEpochVerdict(await this.#countersign(proposal)))
  }

  /**
   * Takes a forwarded request frame, gives a key response frame; what it signs, the Local Provider can't change. A signed
   * refusal says that no key was issued for the request so far: what is refused before that was looked up, which a Local
   * Provider can bring about for any request at will, is turned away unsigned; and so is what there is no room for.
   * What costs least is checked first: no proof is verified before everything else about its request is in order.
   */
  async request(frame: Uint8Array, signal: AbortSignal): Promise<Bytes> {
    const reply = await this.#reply(frame, signal)
    this.#ports.observe?.(reply.outcome)
    return reply.frame
  }

  /** Drops what is kept of epochs whose answers nobody can ask for any more. */
  async prune(): Promise<void> {
    const old = await this.#epochs.closedBefore(this.#ports.clock.now() - ANSWER_RETENTION)
    for (const epoch of old) await this.#issues.forget(epoch)
  }

  async #reply(frame: Uint8Array, signal: AbortSignal): Promise<Reply> {
    if (this.#admission.isFull) return turnedAway("overloaded")
    const forwarded = decodeForwardedRequest(frame)
    if (forwarded.kind === "malformed") return turnedAway("malformed")
    const { localProvider, request, signature } = forwarded.value
    const name = toHex(localProvider)
    const providerKey = this.#ports.localProviders.get(name)
    if (providerKey === undefined) return turnedAway("unknown-local-provider")
    const decoded = decodeKeyRequest(request)
    if (decoded.kind === "malformed") return turnedAway("malformed")
    if (!equalBytes(decoded.value.localProvider, localProvider)) return turnedAway("wrong-local-provider")
    const forwardedByIt = isSignedBy(providerKey, encodeForwardStatement(localProvider, request), signature)
    if (!forwardedByIt) return turnedAway("unknown-local-provider")
    using place = this.#admission.enter(name)
    if (place === undefined) return turnedAway("overloaded")
    const judgement = await this.#judge(decoded.value, signal)
    switch (judgement.kind) {
      case "issued":
      case "repeated":
        return { outcome: judgement.kind, frame: judgement.answer }
      case "turned-away":
        return turnedAway(judgement.reason)
      case "refused":
        return this.#refuse(request, judgement.reason)
    }
  }

  async #judge(request: KeyRequest, signal: AbortSignal): Promise<Judgement> {
    if (!equalBytes(request.service, this.#ports.service)) return refused("wrong-service")
    const sealed = await this.#epochs.at(request.epoch, request.revision)
    if (sealed === undefined) return refused("unknown-epoch")
    if (this.#ports.clock.now() > sealed.closesAt + ANSWER_RETENTION) return refused("epoch-closed")
    const context = contextOf({ ...request, nonce: sealed.nonce })
    const spender = { epoch: request.epoch, nullifier: request.nullifier, context }
    // Of requests that spend one right at a time, one is verified; the others find its answer, or their own refusal.
    const right = `${spender.epoch} ${spender.nullifier}`
    return await this.#spending.run(right, async () => await this.#spend(request, sealed, spender, signal))
  }

  async #spend(request: KeyRequest, sealed: EpochStatement, spender: Spender, signal: AbortSignal): Promise<Judgement> {
    const spending = await this.#issues.look(spender)
    if (spending.kind === "same-request") return { kind: "repeated", answer: spending.answer }
    // What was issued in it may be forgotten, so that nothing is signed about it either.
    if (sealed.opensAt < this.#completeFrom) return { kind: "turned-away", reason: "epoch-closed" }
    if (this.#ports.clock.now() > sealed.closesAt + EPOCH_GRACE) return refused("epoch-closed")
    const newest = await this.#epochs.newestRevision(request.epoch)
    if (newest?.revision !== request.revision) return refused("superseded")
    if (spending.kind === "other-request") return refused("nullifier-used")

    const { nullifier, context } = spender
    const scope = scopeOf(this.#ports.service, request.epoch)
    const statement = { root: sealed.root, nullifier, scope, context }
    const verdict = await this.#ports.verifier.verify(statement, request.proof, signal)
    if (verdict.kind === "busy") return { kind: "turned-away", reason: "overloaded" }
    if (verdict.kind === "invalid") return refused("bad-proof")
    return await this.#issue(request, sealed, spender, signal)
  }

  async #issue(request: KeyRequest, sealed: EpochStatement, spender: Spender, signal: AbortSignal): Promise<Judgement> {
    const { source, random, key } = this.#ports
    const quantum = await readOrFail(source, request.keySize, signal)
    if (quantum === undefined) return refused("source-failed")
    const randomness = random.draw(ENCAPSULATION_RANDOMNESS_BYTES, "encapsulation")
    const delivered = sealKey(
      quantum,
      request.kemPublicKey,
      { ...spender, localProvider: request.localProvider },
      randomness,
    )
    wipe(quantum, randomness)
    if (delivered.kind === "malformed") return refused("bad-kem-key")
    const { service, localProvider } = request
    const seal = {
      epoch: sealed.epoch,
      revision: sealed.revision,
      nullifier: spender.nullifier,
      context: spender.context,
    }
    const answer = {
      service,
      localProvider,
      ...seal,
      source: source.id,
      simulated: source.simulated,
      ...delivered.value,
    }
    const signature = key.sign(encodeAnswerStatement(answer))
    const issued = await this.#issues.issue(spender, encodeKeyResponse({ kind: "answered", ...answer, signature }))
    if (issued.kind === "other-request") return refused("nullifier-used")
    return { kind: issued.kind === "issued" ? "issued" : "repeated", answer: issued.answer }
  }

  async #countersign(bytes: Uint8Array): Promise<Parameters<typeof encodeEpochVerdict>[0]> {
    const proposal = decodeEpochProposal(bytes)
    if (proposal.kind === "malformed") return refused("malformed")
    const { statement, authenticationSignature, leaves } = proposal.value
    const signed = encodeEpochStatement(statement)
    if (!equalBytes(statement.service, this.#ports.service)) return refused("wrong-service")
    if (!isSignedBy(this.#ports.authenticationKey, signed, authenticationSignature)) return refused("bad-signature")
    const now = this.#ports.clock.now()
    const completeFrom = this.#completeFrom
    const fault = await this.#epochs.enter(statement, (newest) =>
      judgeEpoch(statement, leaves, { newest, completeFrom }, now),
    )
    return fault === undefined ? { kind: "countersigned", signature: this.#ports.key.sign(signed) } : refused(fault)
  }

  #refuse(request: Uint8Array, reason: Refusal): Reply {
    const refusal = { service: new Uint8Array(this.#ports.service), request: digest(request), reason }
    const signature = this.#ports.key.sign(encodeRefusalStatement(refusal))
    return { outcome: reason, frame: encodeKeyResponse({ kind: "refused", ...refusal, signature }) }
  }
}

async function readOrFail(source: EntropySource, length: number, signal: AbortSignal): Promise<Bytes | undefined> {
  try {
    return await source.read(length, signal)
  } catch (error) {
    if (error instanceof SourceFailed) return undefined
    throw error
  }
}

function turnedAway(reason: Refusal): Reply {
  return { outcome: reason, frame: encodeKeyResponse({ kind: "turned-away", reason }) }
}

function refused(reason: Refusal): { readonly kind: "refused"; readonly reason: Refusal } {
  return { kind: "refused", reason }
}
