import type { Contact, Draw, Delivery, Member, Message, Nearby, TimelineEntry } from "@starling/peer/contract"

/** The people of the stories that the browser tests tell. Identities are made up: 52 characters of base32. */
export const identityOf = (seed: string): string =>
  (seed.toLowerCase().replaceAll(/[^a-z2-7]/g, "") + "q7x2mfa5kd3wz6hn4bt").repeat(4).slice(0, 52)

export interface Person {
  readonly identity: string
  readonly peerId: string
  readonly name: string
}

export const person = (name: string, seed = name): Person => ({
  identity: identityOf(seed),
  peerId: `12D3KooW${identityOf(seed).slice(0, 44)}`,
  name,
})

export const me = person("Ana Ortiz", "ana")
export const ben = person("Ben Okafor", "ben")
export const chiara = person("Chiara", "chiara")
export const dmitri = person("Dmitri", "dmitri")
export const noor = person("نور", "noor")
export const benAgain = person("Ben 0kafor", "mallory")

export const contactOf = (who: Person, more: Partial<Contact> = {}): Contact => ({
  ...who,
  verified: false,
  online: false,
  ...more,
})

export const memberOf = ({ identity, peerId, name }: Person, more: Partial<Member> = {}): Member => ({
  identity,
  name,
  devices: [peerId],
  self: false,
  verified: false,
  pending: false,
  role: "member",
  ...more,
})

export const nearbyOf = (who: Person, contact = false): Nearby => ({
  ...who,
  address: "/ip4/192.168.1.23/tcp/40123",
  contact,
})

/** A day in the story, far from midnight wherever the test runs. */
export const noon = (): number => new Date().setHours(12, 0, 0, 0)

export const message = (
  group: string,
  from: Person,
  text: string,
  at: number,
  more: Partial<Message> = {},
): Message => ({
  id: `m${at}${from.identity.slice(0, 6)}`,
  group,
  from: from.identity,
  name: from.name,
  text,
  at,
  epoch: 7,
  mine: from === me,
  ...more,
})

export const epoch = (
  number: number,
  by: Person,
  reason: TimelineEntry["reason"],
  at: number,
  more: Partial<TimelineEntry> = {},
): TimelineEntry => ({
  epoch: number,
  at,
  by: by.identity,
  name: by.name,
  reason,
  added: [],
  removed: [],
  chosen: true,
  ...more,
})

export const delivery = (id: string, receivedAt: number, bytes = 8192, more: Partial<Delivery> = {}): Delivery => ({
  id,
  source: "QRNG model A",
  simulated: true,
  path: "loopback tap",
  localProvider: "lp-1",
  epoch: 3,
  anonymitySet: 1,
  proofMilliseconds: 412,
  bytes,
  receivedAt,
  ...more,
})

const PURPOSES = [
  "leaf key, epoch 7",
  "commit secret",
  "message nonce salt",
  "KeyPackage",
  "identity key",
  "storage key",
]

export const draw = (sequence: number, at: number): Draw => {
  const label = sequence === 1 ? "local only" : sequence % 9 === 0 ? "burned" : "mixed"
  const quantum = label === "local only" ? 0 : label === "burned" ? 352 : 32
  return {
    sequence,
    at,
    purpose: label === "burned" ? "burned after a stop" : (PURPOSES[sequence % PURPOSES.length] ?? ""),
    bytes: label === "burned" ? 0 : 32,
    label,
    operatingSystem: label === "burned" ? 0 : 32,
    eaas: quantum === 0 ? [] : [{ delivery: delivery("d1", at), offset: sequence * 32, length: quantum }],
  }
}
