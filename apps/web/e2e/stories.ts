import type {
  Contact,
  Delivery,
  Draw,
  EntropyStatus,
  GroupDetail,
  GroupPolicy,
  GroupSummary,
  Invitation,
  Message,
  Nearby,
  Role,
  Settings,
  Status,
  TimelineEntry,
} from "@starling/peer/contract"

import {
  ben,
  chiara,
  contactOf,
  delivery,
  dmitri,
  draw,
  epoch,
  identityOf,
  me,
  memberOf,
  message,
  nearbyOf,
  noon,
  noor,
  benAgain,
} from "./people.ts"

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] }

const CAVEATS = [
  "The quantum source is simulated: its bytes come from a physical model, not from a device.",
  "The platform runs on this computer and you are its only user, so a request is not hidden among others.",
  "No passphrase, keyring or hardware protects the key of the data folder.",
]

/** What the fake daemon knows, to be changed by a test as its story goes on. */
export class Story {
  status: Status = {
    ...me,
    peers: [{ peerId: ben.peerId, address: "/ip4/192.168.1.23/tcp/40123/p2p/12D3KooWBen" }],
    groups: [],
    pool: { bytes: 47_104, capacity: 65_536 },
    listen: ["/ip4/127.0.0.1/tcp/40120", "/ip4/192.168.1.20/tcp/40120"],
    rootKeyProtected: false,
  }
  settings: Settings = { healEveryDays: 7, receipts: true, retentionHours: 72 }
  contacts: Contact[] = []
  nearby: Nearby[] = []
  groups: Changeable<GroupSummary>[] = []
  invitations: Invitation[] = []
  details: Record<string, Changeable<Omit<GroupDetail, "may">>> = {}
  timelines: Record<string, TimelineEntry[]> = {}
  threads: Record<string, Message[]> = {}
  draws: Draw[] = []
  deliveries: Delivery[] = []
  link = `starling://contact#${identityOf("ana")}${"k5wq2mzr7xhdn3".repeat(22)}`
  entropy: EntropyStatus = {
    policy: "mixed",
    pool: { bytes: 47_104, capacity: 65_536 },
    sources: [
      {
        id: "eaas",
        name: "Embedded EaaS",
        simulated: true,
        path: "loopback tap",
        state: "ok",
        detail: "Proof accepted, 8 KiB in 0.6 s",
        lastAt: Date.now() - 4 * 60_000,
      },
      {
        id: "os",
        name: "This computer",
        simulated: false,
        path: "operating system",
        state: "ok",
        detail: "Mixed into every draw, drawn last",
        lastAt: Date.now() - 20_000,
      },
    ],
    anonymitySet: 1,
    caveats: CAVEATS,
    rootConflicts: [],
    progress: [],
  }

  addGroup(
    group: string,
    name: string,
    policy: GroupPolicy = { invite: "everyone", remove: "admins" },
  ): { group: string } {
    this.groups.push({ group, name, state: "active", epoch: 0, members: 1, unread: 0 })
    this.details[group] = {
      group,
      name,
      state: "active",
      epoch: 0,
      epochAuthenticator: "8f2c4e0b91d35a7764c1e8f03b2d9a5c8f2c4e0b91d35a7764c1e8f03b2d9a5c",
      suite: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
      members: [
        {
          identity: me.identity,
          name: this.status.name,
          devices: [me.peerId],
          self: true,
          verified: true,
          pending: false,
          role: "owner",
        },
      ],
      policy,
      waiting: [],
      ownLog: "roomy",
      gaps: [],
      mailboxes: [],
      ownKeys: { plan: { kind: "planned", at: Date.now() + 3 * 86_400_000 } },
    }
    this.timelines[group] = [epoch(0, me, "created", Date.now() - 1000, { entropy: "mixed" })]
    this.threads[group] = []
    return { group }
  }

  /** What the daemon would answer: with what the person may do, by their role and the policy. */
  detailOf(group: string): GroupDetail {
    const detail = this.details[group]!
    const { members, policy } = detail
    const height = (role: Role): number => ["member", "admin", "owner"].indexOf(role)
    const own = members.find(({ self }) => self)?.role ?? "member"
    const others = members.filter(
      ({ self, role }) => !self && (policy.remove === "everyone" || height(own) > height(role)),
    )
    const invite = policy.invite === "everyone" || own !== "member"
    return {
      ...detail,
      may: {
        invite,
        giveRoles: own === "owner",
        chooseMailboxes: true,
        remove: others.map(({ identity }) => identity),
      },
    }
  }

  heal(group: string, number: number): void {
    this.timelines[group]!.push(epoch(number, me, "healed", Date.now(), { entropy: "mixed" }))
  }
}

export const FIELD = "5b1c5f0e-1111-4111-8111-111111111111"
export const CHOIR = "5b1c5f0e-2222-4222-8222-222222222222"
export const OLD = "5b1c5f0e-3333-4333-8333-333333333333"

/** Before anything: no name, an empty pool, a refill under way. */
export function firstRun(): Story {
  const story = new Story()
  story.status = { ...story.status, name: "", peers: [], pool: { bytes: 0, capacity: 65_536 } }
  story.nearby = [nearbyOf(ben), nearbyOf(chiara)]
  story.entropy = {
    ...story.entropy,
    pool: { bytes: 0, capacity: 65_536 },
    anonymitySet: 0,
    progress: [
      { step: "Registered with the platform", state: "done" },
      { step: "Platform epoch opened", state: "done" },
      { step: "Proving admission without saying who", state: "active" },
      { step: "Receiving the key through the Local Provider", state: "waiting" },
    ],
  }
  return story
}

/** A week in: three groups, an invitation, contacts, a filled pool. */
export function living(): Story {
  const story = new Story()
  const start = Math.min(noon(), Date.now()) - 86_400_000
  const today = Date.now() - 50 * 60_000
  const minute = 60_000

  story.contacts = [
    contactOf(ben, { verified: true, online: true }),
    contactOf(chiara, { online: true }),
    contactOf(dmitri),
    contactOf(noor, { online: true }),
  ]
  story.nearby = [nearbyOf(ben, true), nearbyOf(chiara, true), nearbyOf(benAgain)]
  story.addGroup(FIELD, "Field team")
  story.addGroup(CHOIR, "Choir on Thursdays")
  story.addGroup(OLD, "Lisbon 2025")

  const field = story.groups[0]!
  field.epoch = 7
  field.members = 4
  const detail = story.details[FIELD]!
  detail.epoch = 7
  detail.members = [
    ...detail.members,
    memberOf(ben, { verified: true, role: "admin" }),
    memberOf(chiara),
    memberOf(noor, { pending: true }),
  ]
  detail.waiting = [{ identity: dmitri.identity, name: dmitri.name }]
  story.timelines[FIELD] = [
    epoch(0, me, "created", start - 60 * minute, { entropy: "local only" }),
    epoch(1, me, "added", start - 50 * minute, { added: [ben.identity], entropy: "mixed" }),
    epoch(2, me, "healed", start - 40 * minute, { entropy: "mixed" }),
    epoch(3, ben, "added", start - 30 * minute, { added: [chiara.identity] }),
    epoch(4, chiara, "healed", start + 20 * minute),
    epoch(5, ben, "healed", start + 21 * minute, { chosen: false }),
    epoch(5, me, "healed", start + 21 * minute, { entropy: "mixed" }),
    epoch(6, chiara, "healed", start + 90 * minute),
    epoch(7, me, "added", today, { added: [noor.identity], entropy: "mixed" }),
  ]
  const all = { reached: 3, delivered: 3, recipients: 3, read: 0, mailboxes: 0 }
  story.threads[FIELD] = [
    message(FIELD, ben, "Morning! The nest boxes on the east wall are done.", start),
    message(FIELD, ben, "Eleven of twelve occupied.", start + minute),
    message(FIELD, me, "That's four more than last year. Did you get the rings read?", start + 3 * minute, {
      delivery: all,
    }),
    message(FIELD, chiara, "Nine out of eleven. Two wouldn't sit still.", start + 25 * minute),
    message(FIELD, chiara, "Table is here: https://example.org/rings-2026", start + 26 * minute),
    message(FIELD, me, "Lovely. I'll take the river side tomorrow.", start + 30 * minute, { delivery: all }),
    message(FIELD, noor, "صباح الخير! وصلت للتو إلى المحطة.", today + 4 * minute),
    message(
      FIELD,
      ben,
      "Welcome, Noor! We meet at the old pump house, the one with the green door. Bring boots, the path is still under water.",
      today + 6 * minute,
    ),
    message(FIELD, me, "I'm on the train, twenty minutes away.", today + 10 * minute, { delivery: all }),
    message(FIELD, me, "Should I bring the second scope?", today + 11 * minute, {
      delivery: { reached: 2, delivered: 2, recipients: 3, read: 0, mailboxes: 0 },
    }),
  ]
  field.lastMessage = story.threads[FIELD].at(-1)!
  story.groups[1]!.members = 2
  story.groups[1]!.unread = 3
  story.groups[1]!.epoch = 2
  story.threads[CHOIR] = [
    message(CHOIR, chiara, "The hall is free from seven, the key is with the caretaker.", today - 20 * minute),
  ]
  story.groups[1]!.lastMessage = story.threads[CHOIR].at(-1)!
  const choir = story.details[CHOIR]!
  choir.policy = { invite: "admins", remove: "admins" }
  choir.members = [
    ...choir.members.map((own) => ({ ...own, role: "member" as const })),
    memberOf(chiara, { role: "owner" }),
  ]
  story.groups[2]!.state = "left"
  story.groups[2]!.lastMessage = message(OLD, dmitri, "Until next time", start - 9 * 86_400_000)
  story.details[OLD]!.state = "left"

  story.invitations = [
    {
      group: "5b1c5f0e-4444-4444-8444-444444444444",
      name: "Night migration",
      from: ben.identity,
      fromName: ben.name,
      known: true,
      at: today,
    },
    {
      group: "5b1c5f0e-5555-4555-8555-555555555555",
      name: "Ringing group",
      from: benAgain.identity,
      fromName: benAgain.name,
      known: false,
      at: today - 90 * minute,
    },
  ]
  story.draws = Array.from({ length: 33 }, (_, index) => draw(index + 1, start + index * 40 * minute))
  story.deliveries = [
    delivery("d1", start - 70 * minute),
    delivery("d2", start),
    delivery("d3", today, 8192, { channel: "one-time pad, simulated link" }),
  ]
  return story
}
