import { fromHex, toHex, type Bytes } from "@starling/kernel"
import {
  certifyDevice,
  commitAuthenticatedData,
  decodeAnswer,
  decodeCertificate,
  decodeCommitRecord,
  decodeContactLink,
  decodeContent,
  decodeEnvelope,
  decodeFounding,
  decodeHello,
  decodeInvitation,
  decodeJoining,
  decodeKeyPackageAnswer,
  decodeKeyPackageRequest,
  decodeFetchAnswer,
  decodeMailboxLink,
  decodeMailboxRecord,
  decodeMailboxRequest,
  decodePutAnswer,
  decodeReceiptNote,
  decodeOperation,
  decodeRecord,
  decodeSealedMessage,
  decodeStockAnswer,
  decodeStockRequest,
  decodeSyncAnswer,
  decodeSyncRequest,
  decodeTestimony,
  decodeWelcomesAnswer,
  decodeWelcomesRequest,
  describeDevice,
  encodeCertificate,
  encodeCommitRecord,
  encodeContactLink,
  encodeContent,
  encodeFounding,
  encodeHello,
  encodeInvitation,
  encodeJoining,
  encodeKeyPackageAnswer,
  encodeKeyPackageRequest,
  encodeFetchAnswer,
  encodeMailboxLink,
  encodeMailboxRecord,
  encodeMailboxRequest,
  encodePutAnswer,
  encodeOperation,
  encodeSealedMessage,
  encodeStockAnswer,
  encodeStockRequest,
  encodeSyncAnswer,
  encodeSyncRequest,
  encodeTestimony,
  encodeWelcomesAnswer,
  encodeWelcomesRequest,
  eraOf,
  FIRST_PREV,
  messageAuthenticatedData,
  okAnswer,
  sealEnvelope,
  signReceiptNote,
  signRecord,
  signTransportConsent,
  type Device,
  type MailboxRequest,
  type ReceiptNote,
} from "@starling/messenger/parts"

import { crypto } from "./crypto.ts"

/** `length` bytes that count up from `first`. */
export function counting(first: number, length: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => (first + i) & 0xff)
}

const identityKeys = crypto.signature.deriveKeyPair(counting(0x00, 32))
export const deviceKeys = crypto.signature.deriveKeyPair(counting(0x20, 32))
const CLOCK = 1_800_000_000_000

export const transportKeys = crypto.signature.deriveKeyPair(counting(0x40, 32))

export const device: Device = describeDevice(
  crypto,
  certifyDevice(crypto, identityKeys.privateKey, {
    identityKey: identityKeys.publicKey,
    signatureKey: deviceKeys.publicKey,
    transportKey: transportKeys.publicKey,
    createdAt: CLOCK,
  }),
)

const group = counting(0x60, 16)
const sid = (first: number): string => toHex(counting(first, 32))
const record = signRecord(crypto, deviceKeys.privateKey, {
  group,
  device: deviceKeys.publicKey,
  seq: 1,
  prev: FIRST_PREV,
  kind: 1,
  body: encodeOperation({ change: { kind: "leave", after: sid(0x80) }, deps: [] }),
})
const sealed = { device: device.device, seq: 1, sid: sid(0x80), mls: counting(0xa0, 8) }
const holdings = {
  records: new Map([[device.device, { length: 3, head: sid(0xe0) }]]),
  messages: new Map([
    [
      device.device,
      [
        { from: 1, to: 2 },
        { from: 5, to: 5 },
      ],
    ],
  ]),
  tip: sid(0x80),
}
const era = eraOf(crypto, counting(0xc0, 32), undefined)

/** A value, its bytes and its decoder, for every frame: what `docs/wire.md` shows and what properties start from. */
export interface Example {
  readonly name: string
  readonly bytes: Bytes
  readonly decode: (bytes: Uint8Array) => { readonly kind: string }
  /** What the decoder must give; left out where the bytes alone are the claim. */
  readonly value?: unknown
  /** Without a version of its own, since it only stands inside something that has one. */
  readonly unversioned?: true
  /** 1 unless given. */
  readonly version?: number
}

const certificate = device.certificate
const founding = {
  name: "ducks",
  createdAt: CLOCK,
  creator: device,
  creatorName: "Ada",
  policy: { invite: "everyone", remove: "admins" },
} as const
const joining = { eraKey: counting(0xc0, 32), frontier: [sid(0xe0)], past: holdings.messages }
const link = { device, name: "Ada", addresses: ["/ip4/192.0.2.1/tcp/4001"] }
const hello = { device, name: "Ada", clock: CLOCK }
const add = { change: { kind: "add", device, name: "Ada" }, deps: [sid(0xe0)] } as const
const remove = { change: { kind: "remove", identity: device.identity, after: sid(0x80) }, deps: [] } as const
const leave = { change: { kind: "leave", after: sid(0x80) }, deps: [] } as const
const role = { change: { kind: "role", identity: device.identity, role: "admin" }, deps: [] } as const
const policy = { change: { kind: "policy", policy: { invite: "admins", remove: "admins" } }, deps: [] } as const
const states = { parent: sid(0x80), sid: sid(0x81), before: counting(0x90, 32) }
const commit = { ...states, epoch: 1, at: CLOCK, ops: [sid(0xe0)], mls: counting(0xa0, 8) }
const content = { salt: counting(0xb0, 16), text: "hello", at: CLOCK }
const invitation = { at: CLOCK, welcome: counting(0xa0, 8) }
const mailboxLink = {
  peerId: device.peerId,
  transportKey: certificate.transportKey,
  access: counting(0xd0, 16),
  addresses: ["/ip4/192.0.2.2/tcp/4001"],
}
const mailboxRecord = { mailbox: { ...mailboxLink, at: CLOCK, used: true }, supersedes: [sid(0xe0)] }
const ids = [toHex(counting(0xa0, 16))]
const untold = new Map([[device.device, [{ from: 9, to: 12 }]]])
const told = { seen: [{ from: 1, to: 2 }], mailboxes: [{ ...mailboxLink, at: CLOCK, used: true }], shown: ids }
const cursor = { records: 4, device: device.device, seq: 5 }
const named = [{ seq: 2, id: toHex(counting(0xb0, 16)) }]
const request = {
  version: 5,
  ...holdings,
  untold,
  group,
  inTurn: false,
  past: holdings.messages,
  ...told,
  named,
  after: cursor,
  unopened: holdings.messages,
} as const
const answer = {
  version: 5,
  ...holdings,
  untold,
  recordBytes: [record.encoded],
  messageBytes: [encodeSealedMessage(sealed)],
  more: false,
  out: false,
  notYours: holdings.messages,
  ...told,
  forgotten: [],
  next: cursor,
  handed: { sid: sid(0x80), nonce: counting(0xc0, 12), ciphertext: counting(0xa0, 24) },
  superseded: holdings.messages,
  doubles: [{ from: 2, to: 3 }],
  invited: true,
} as const
const mailboxHead = { access: counting(0xd0, 16), box: counting(0xe0, 16), token: counting(0xc0, 32) }
const noted: ReceiptNote = {
  version: 2,
  group,
  device: device.device,
  at: CLOCK,
  held: holdings.messages,
  seen: holdings.messages,
  shown: ids,
}
const envelope = sealEnvelope(crypto, era, "msg", encodeSealedMessage(sealed))
const putRequest: MailboxRequest = {
  ...mailboxHead,
  ask: {
    kind: "put",
    entries: [
      { slot: new Uint8Array(0), envelope },
      { slot: counting(0xf0, 16), envelope },
    ],
  },
}
const fetchRequest: MailboxRequest = { ...mailboxHead, ask: { kind: "fetch", instance: counting(0xa0, 8), after: 7 } }
const fetched = { instance: counting(0xa0, 8), entries: [{ number: 8, envelope }], more: false }
const keyPackage = { clock: CLOCK, keyPackage: counting(0xa0, 8) }
const stockRequest = { clock: CLOCK, suite: 0x4d, held: [sid(0xe0)] }
const stockAnswer = { clock: CLOCK, single: [counting(0xa0, 8)], lastResort: counting(0xb0, 8) }
const newcomer = { identity: device.identity, sid: sid(0x81) }
const welcomesRequest = { group, newcomers: [newcomer] }
const welcomesAnswer = { carried: [{ ...newcomer, invitation: encodeInvitation(invitation) }] }

export const EXAMPLES: readonly Example[] = [
  { name: "device certificate", bytes: encodeCertificate(certificate), decode: decodeCertificate, value: certificate },
  { name: "contact link", bytes: encodeContactLink(link), decode: (b) => decodeContactLink(crypto, b), value: link },
  {
    name: "founding",
    bytes: encodeFounding(founding),
    decode: (b) => decodeFounding(crypto, b),
    value: founding,
    version: 2,
  },
  {
    name: "mailbox link",
    bytes: encodeMailboxLink(mailboxLink),
    decode: decodeMailboxLink,
    value: mailboxLink,
  },
  { name: "joining", bytes: encodeJoining(joining), decode: decodeJoining, value: joining },
  { name: "envelope upd", bytes: sealEnvelope(crypto, era, "upd", record.encoded), decode: decodeEnvelope },
  {
    name: "envelope msg",
    bytes: sealEnvelope(crypto, era, "msg", encodeSealedMessage(sealed)),
    decode: decodeEnvelope,
  },
  { name: "record", bytes: record.encoded, decode: (b) => decodeRecord(crypto, b), value: record },
  {
    name: "operation add",
    bytes: encodeOperation(add),
    decode: (b) => decodeOperation(crypto, b),
    value: add,
    unversioned: true,
  },
  {
    name: "operation remove",
    bytes: encodeOperation(remove),
    decode: (b) => decodeOperation(crypto, b),
    value: remove,
    unversioned: true,
  },
  {
    name: "operation leave",
    bytes: encodeOperation(leave),
    decode: (b) => decodeOperation(crypto, b),
    value: leave,
    unversioned: true,
  },
  {
    name: "operation role",
    bytes: encodeOperation(role),
    decode: (b) => decodeOperation(crypto, b),
    value: role,
    unversioned: true,
  },
  {
    name: "operation policy",
    bytes: encodeOperation(policy),
    decode: (b) => decodeOperation(crypto, b),
    value: policy,
    unversioned: true,
  },
  {
    name: "testimony",
    bytes: encodeTestimony(sid(0x80)),
    decode: decodeTestimony,
    value: sid(0x80),
    unversioned: true,
  },
  {
    name: "mailbox record",
    bytes: encodeMailboxRecord(mailboxRecord),
    decode: decodeMailboxRecord,
    value: mailboxRecord,
    unversioned: true,
  },
  { name: "commit", bytes: encodeCommitRecord(commit), decode: decodeCommitRecord, value: commit, unversioned: true },
  { name: "sealed message", bytes: encodeSealedMessage(sealed), decode: decodeSealedMessage, value: sealed },
  { name: "content", bytes: encodeContent(content), decode: decodeContent, value: content, unversioned: true },
  { name: "hello", bytes: encodeHello(hello), decode: (b) => decodeHello(crypto, b), value: hello },
  {
    name: "key-package request",
    bytes: encodeKeyPackageRequest({ clock: CLOCK, suite: 0x4d }),
    decode: decodeKeyPackageRequest,
    value: { clock: CLOCK, suite: 0x4d },
    version: 2,
  },
  {
    name: "key-package answer",
    bytes: encodeKeyPackageAnswer(keyPackage),
    decode: decodeKeyPackageAnswer,
    value: keyPackage,
  },
  {
    name: "key-package-stock request",
    bytes: encodeStockRequest(stockRequest),
    decode: decodeStockRequest,
    value: stockRequest,
  },
  {
    name: "key-package-stock answer",
    bytes: encodeStockAnswer(stockAnswer),
    decode: decodeStockAnswer,
    value: stockAnswer,
  },
  { name: "invitation", bytes: encodeInvitation(invitation), decode: decodeInvitation, value: invitation },
  {
    name: "welcomes request",
    bytes: encodeWelcomesRequest(welcomesRequest),
    decode: decodeWelcomesRequest,
    value: welcomesRequest,
  },
  {
    name: "welcomes answer",
    bytes: encodeWelcomesAnswer(welcomesAnswer),
    decode: decodeWelcomesAnswer,
    value: welcomesAnswer,
  },
  { name: "sync request", bytes: encodeSyncRequest(request), decode: decodeSyncRequest, value: request, version: 5 },
  { name: "sync answer", bytes: encodeSyncAnswer(answer), decode: decodeSyncAnswer, value: answer, version: 5 },
  {
    name: "mailbox put request",
    bytes: encodeMailboxRequest(putRequest),
    decode: decodeMailboxRequest,
    value: putRequest,
  },
  {
    name: "mailbox fetch request",
    bytes: encodeMailboxRequest(fetchRequest),
    decode: decodeMailboxRequest,
    value: fetchRequest,
  },
  {
    name: "mailbox put answer",
    bytes: encodePutAnswer({ keepFor: 3_600_000 }),
    decode: decodePutAnswer,
    value: { keepFor: 3_600_000 },
  },
  { name: "mailbox fetch answer", bytes: encodeFetchAnswer(fetched), decode: decodeFetchAnswer, value: fetched },
  {
    name: "receipt note",
    bytes: signReceiptNote(crypto, deviceKeys.privateKey, noted),
    decode: (b) => decodeReceiptNote(crypto, b),
    value: noted,
    version: 2,
  },
  {
    name: "answer",
    bytes: okAnswer(counting(0xa0, 8)),
    decode: decodeAnswer,
    value: { status: "ok", body: counting(0xa0, 8) },
  },
]

/** Structs that are signed or authenticated and never decoded: their bytes are the contract. */
export const SIGNED: readonly { readonly name: string; readonly bytes: Bytes }[] = [
  { name: "transport consent", bytes: signTransportConsent(crypto, transportKeys.privateKey, device.certificate) },
  { name: "commit authenticated data", bytes: commitAuthenticatedData(sid(0x80), [sid(0xe0)]) },
  { name: "message authenticated data", bytes: messageAuthenticatedData(device.device, 1) },
]

export function hexOf(text: string): Bytes {
  const bytes = fromHex(text)
  if (bytes === undefined) throw new RangeError("not hexadecimal")
  return bytes
}
