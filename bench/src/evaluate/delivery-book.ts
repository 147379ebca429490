import { monotonic } from "./clock.ts"
import type { Instance } from "./instance.ts"

/** One message of a run: who wrote it, when it was asked for, and on whose windows it has shown. */
export interface SentMessage {
  readonly id: string
  readonly group: string
  readonly from: Instance
  /** Of its text, in bytes. */
  readonly size: number
  readonly calledAt: number
  readonly recipients: readonly Instance[]
}

export interface Undelivered {
  readonly id: string
  readonly group: string
  readonly from: string
  readonly missing: readonly string[]
}

/** Keeps account of which message was readable where, and when. */
export class DeliveryBook {
  readonly #sent = new Map<string, SentMessage>()
  /** By message, by instance; a message may show before the call that sent it has returned. */
  readonly #shown = new Map<string, Map<Instance, number>>()

  note(message: SentMessage): void {
    this.#sent.set(message.id, message)
  }

  shown(id: string, on: Instance, at = monotonic()): void {
    const times = this.#shown.get(id) ?? new Map<Instance, number>()
    if (!times.has(on)) times.set(on, at)
    this.#shown.set(id, times)
  }

  get messages(): number {
    return this.#sent.size
  }

  /** Messages times recipients. */
  get expected(): number {
    return [...this.#sent.values()].reduce((sum, { recipients }) => sum + recipients.length, 0)
  }

  /** Messages times recipients that they have reached. */
  get delivered(): number {
    return this.expected - this.undelivered().reduce((sum, { missing }) => sum + missing.length, 0)
  }

  /** Milliseconds from the call to the window, with the size of the message's text, where both are on the leading machine. */
  delays(): readonly { readonly size: number; readonly delay: number }[] {
    const own = [...this.#sent.values()].filter(({ from }) => from.machine === 0)
    return own.flatMap(({ id, size, calledAt, recipients }) =>
      recipients.flatMap((recipient) => {
        if (recipient.machine !== 0) return []
        const at = this.#shown.get(id)?.get(recipient)
        return at === undefined ? [] : [{ size, delay: at - calledAt }]
      }),
    )
  }

  undelivered(): readonly Undelivered[] {
    return [...this.#sent.values()].flatMap(({ id, group, from, recipients }) => {
      const missing = recipients.filter((recipient) => !this.#shown.get(id)?.has(recipient)).map(({ name }) => name)
      return missing.length === 0 ? [] : [{ id, group, from: from.name, missing }]
    })
  }
}
