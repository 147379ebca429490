import {
  TopicValidatorResult,
  type GossipSub,
  type GossipsubMessage,
  type PublishResult,
  type TopicValidatorFn,
} from "@libp2p/gossipsub"

import type { Bytes } from "@starling/kernel"
import { MAX_GOSSIP_BYTES, type GossipVerdict } from "@starling/messenger/ports"

import { Budget } from "./budget.ts"
import type { Limits } from "./limits.ts"
import type { Fault } from "./standing.ts"

/** Up to as many subscribers a message goes to each of them directly, not along the mesh alone. */
const FLOOD_UP_TO = 12

export type Judge = (data: Uint8Array) => GossipVerdict

/** GossipSub's own `publish` takes these options, which its interface leaves out. */
interface Publisher {
  publish(topic: string, data: Uint8Array, options: { readonly floodPublish: boolean }): Promise<PublishResult>
}

export interface GossipWiring {
  readonly limits: Limits
  readonly now: () => number
  readonly fault: (peerId: string, fault: Fault) => void
  readonly deliver: (topic: string, data: Bytes, from: string) => void
}

/** Topics over GossipSub: judged before they are passed on, bounded in size and rate for each neighbour. */
export class Gossip {
  readonly #pubsub: GossipSub
  readonly #publisher: Publisher
  readonly #wiring: GossipWiring
  readonly #judges = new Map<string, Judge>()
  readonly #messages: Budget
  readonly #bytes: Budget

  constructor(pubsub: GossipSub, wiring: GossipWiring) {
    const { limits } = wiring
    this.#pubsub = pubsub
    this.#publisher = pubsub
    this.#wiring = wiring
    this.#messages = new Budget(limits.gossipBurst, limits.gossipRate)
    this.#bytes = new Budget(limits.gossipByteBurst, limits.gossipByteRate)
    pubsub.topicValidators = new EveryTopic((peer, { topic, data }) => this.#validate(peer.toString(), topic, data))
    pubsub.addEventListener("gossipsub:message", ({ detail }: CustomEvent<GossipsubMessage>) => {
      const { topic, data } = detail.msg
      if (this.#judges.has(topic)) wiring.deliver(topic, new Uint8Array(data), detail.propagationSource.toString())
    })
  }

  subscribe(topic: string, judge: Judge): void {
    this.#judges.set(topic, judge)
    this.#pubsub.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    if (this.#judges.delete(topic)) this.#pubsub.unsubscribe(topic)
  }

  /** Where nobody subscribes nothing is done, so that the same bytes can be published again: GossipSub sends no bytes twice. */
  async publish(topic: string, data: Uint8Array): Promise<number> {
    if (data.length > MAX_GOSSIP_BYTES)
      throw new RangeError(`${data.length} bytes where ${MAX_GOSSIP_BYTES} are allowed`)
    const subscribers = this.#pubsub.getSubscribers(topic).length
    if (subscribers === 0) return 0
    const { recipients } = await this.#publisher.publish(topic, data, { floodPublish: subscribers <= FLOOD_UP_TO })
    return recipients.length
  }

  prune(now: number): void {
    this.#messages.prune(now)
    this.#bytes.prune(now)
  }

  /** Runs once for each message, before it is delivered or passed on, and never again within `seenTTL`, whatever it says. */
  #validate(from: string, topic: string, data: Uint8Array): TopicValidatorResult {
    const now = this.#wiring.now()
    if (data.length > MAX_GOSSIP_BYTES) return this.#refuse(from, "oversized-gossip", TopicValidatorResult.Reject)
    if (!this.#messages.take(from, now) || !this.#bytes.take(from, now, data.length)) {
      return this.#refuse(from, "gossip-flood", TopicValidatorResult.Ignore)
    }
    const judge = this.#judges.get(topic)
    if (judge === undefined) return TopicValidatorResult.Ignore
    switch (verdictOf(judge, data)) {
      case "accept":
        return TopicValidatorResult.Accept
      case "reject":
        return this.#refuse(from, "rejected-gossip", TopicValidatorResult.Reject)
      case "ignore":
      case undefined:
        return TopicValidatorResult.Ignore
    }
  }

  #refuse(from: string, fault: Fault, result: TopicValidatorResult): TopicValidatorResult {
    this.#wiring.fault(from, fault)
    return result
  }
}

/** GossipSub would hide what a judge throws, which is a defect of ours. */
function verdictOf(judge: Judge, data: Uint8Array): GossipVerdict | undefined {
  try {
    return judge(data)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
    return undefined
  }
}

/** GossipSub asks by topic and passes on what it has no validator for; here every topic has the same one. */
class EveryTopic extends Map<string, TopicValidatorFn> {
  readonly #validator: TopicValidatorFn

  constructor(validator: TopicValidatorFn) {
    super()
    this.#validator = validator
  }

  override get(): TopicValidatorFn {
    return this.#validator
  }
}
