import type { Message } from "@starling/peer/contract"

/** What was typed here and has no id yet: the daemon has not said that it is durable. */
export interface Pending {
  readonly key: string
  readonly text: string
  readonly at: number
  readonly state: { readonly kind: "saving" } | { readonly kind: "failed"; readonly why: string }
}

/** The part of a group's messages that this window holds, oldest first. */
export interface Thread {
  readonly messages: readonly Message[]
  readonly pending: readonly Pending[]
  /** Nothing older is to be had. */
  readonly complete: boolean
}

export const emptyThread: Thread = { messages: [], pending: [], complete: false }

/** Takes in the newest page. Where it does not touch what is held, what is held is out of date and goes. */
export function takeNewest(thread: Thread, page: readonly Message[], pageSize: number): Thread {
  const fresh = new Map(page.map((message) => [message.id, message]))
  const touches = thread.messages.some((message) => fresh.has(message.id))
  const complete = page.length < pageSize || (touches && thread.complete)
  if (!touches) return { ...thread, messages: page, complete }
  const kept = thread.messages.filter((message) => !fresh.has(message.id))
  return { ...thread, messages: [...kept, ...page], complete }
}

export function takeOlder(thread: Thread, page: readonly Message[], pageSize: number): Thread {
  const held = new Set(thread.messages.map((message) => message.id))
  const older = page.filter((message) => !held.has(message.id))
  return { ...thread, messages: [...older, ...thread.messages], complete: page.length < pageSize }
}

/** A message that has just been told. An own one takes the place of the oldest pending one that says the same. */
export function takeMessage(thread: Thread, message: Message): Thread {
  if (thread.messages.some(({ id }) => id === message.id)) {
    return { ...thread, messages: thread.messages.map((held) => (held.id === message.id ? message : held)) }
  }
  const same = message.mine
    ? thread.pending.find(({ text, state }) => text === message.text && state.kind === "saving")
    : undefined
  return {
    ...thread,
    messages: [...thread.messages, message],
    pending: thread.pending.filter((pending) => pending !== same),
  }
}

export function takeDelivery(thread: Thread, id: string, delivery: NonNullable<Message["delivery"]>): Thread {
  return {
    ...thread,
    messages: thread.messages.map((message) => (message.id === id ? { ...message, delivery } : message)),
  }
}

/** The daemon has made a pending message durable under this id. */
export function settle(thread: Thread, key: string, saved: Message): Thread {
  const pending = thread.pending.filter((one) => one.key !== key)
  const told = thread.messages.some(({ id }) => id === saved.id)
  return { ...thread, pending, messages: told ? thread.messages : [...thread.messages, saved] }
}

export function fail(thread: Thread, key: string, why: string): Thread {
  return {
    ...thread,
    pending: thread.pending.map((one) => (one.key === key ? { ...one, state: { kind: "failed", why } } : one)),
  }
}
