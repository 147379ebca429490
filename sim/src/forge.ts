import type { Bytes } from "@starling/kernel"
import { requested } from "@starling/messenger"
import {
  decodeAnswer,
  decodeKeyPackageAnswer,
  EQUALS,
  encodeFounding,
  encodeInvitation,
  encodeJoining,
  encodeKeyPackageRequest,
  FOUNDING_EXTENSION,
  JOINING_EXTENSION,
  type Founding,
} from "@starling/messenger/parts"
import { createCommit, createGroup, readKeyPackage } from "@starling/mls"

import type { Person } from "./person.ts"

/** The code that `to` answers a direct request of `from` with, and the body. */
export function ask(
  to: Person,
  from: string,
  protocol: "invitation" | "key-package",
  payload: Bytes,
): { readonly status: string; readonly body: Bytes } {
  let answer: Bytes | undefined
  to.input((state, env) => {
    const step = requested(state, protocol, payload, from, env)
    answer = step.answer
    return step
  })
  const decoded = decodeAnswer(answer ?? new Uint8Array(0))
  if (decoded.kind !== "ok") throw new Error("an answer that can't be read")
  return decoded.value
}

export function askForKeyPackage(of: Person, from: string): Bytes | undefined {
  const { status, body } = ask(of, from, "key-package", encodeKeyPackageRequest({ clock: of.world.now, suite: 1 }))
  if (status !== "ok") return undefined
  const frame = decodeKeyPackageAnswer(body)
  if (frame.kind !== "ok") throw new Error("a KeyPackage that can't be read")
  return frame.value.keyPackage
}

/** An Invitation to a group that `inviter` made by themselves, under whatever id and founding they like. */
export function forgeInvitation(
  inviter: Person,
  keyPackage: Bytes,
  groupId: Uint8Array,
  founding: Partial<Founding> = {},
  epoch = 1,
): Bytes {
  const { now, mls } = inviter.env()
  const { own } = inviter.state.durable
  const seconds = BigInt(Math.floor(now / 1000))
  const read = readKeyPackage(mls, keyPackage, seconds)
  if (read.kind === "refused") throw new Error(read.reason)
  const whole = { name: "forged", createdAt: now, creator: own, creatorName: own.name, policy: EQUALS, ...founding }
  let state = createGroup(mls, {
    groupId: new Uint8Array(groupId),
    credential: { kind: "basic", identity: own.encoded },
    signatureKeys: own.signatureKeys,
    extensions: [{ type: FOUNDING_EXTENSION, data: encodeFounding(whole) }],
    supportedExtensions: [FOUNDING_EXTENSION, JOINING_EXTENSION],
    lifetime: { notBefore: seconds - 3600n, notAfter: seconds + 86_400n },
  })
  for (let before = 1; before < epoch; before++) {
    const commit = createCommit(mls, state, { proposals: [], now: seconds, path: true })
    if (commit.kind !== "ok") throw new Error(commit.reason)
    state = commit.next
  }
  const joining = encodeJoining({ eraKey: undefined, frontier: [], past: new Map() })
  const created = createCommit(mls, state, {
    proposals: [{ kind: "add", keyPackage: read.keyPackage }],
    groupInfoExtensions: [{ type: JOINING_EXTENSION, data: joining }],
    now: seconds,
    path: true,
  })
  if (created.kind !== "ok" || created.welcome === undefined) throw new Error("no Welcome")
  return encodeInvitation({ at: now, welcome: created.welcome })
}

/** Asks for a KeyPackage, and sends an Invitation for it. */
export function sendForged(from: Person, to: Person, groupId: Uint8Array, founding: Partial<Founding> = {}): string {
  const keyPackage = askForKeyPackage(to, from.peerId)
  if (keyPackage === undefined) return "no KeyPackage"
  return ask(to, from.peerId, "invitation", forgeInvitation(from, keyPackage, groupId, founding)).status
}

export function groupIdOf(uuid: string): Bytes {
  return Uint8Array.from(Buffer.from(uuid.replaceAll("-", ""), "hex"))
}

export function foundingOf(person: Person, uuid: string): Founding {
  const group = person.state.durable.groups.get(uuid)
  if (group === undefined) throw new Error("no such group")
  return group.founding
}
