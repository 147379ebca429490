import { count } from "./count.ts"

/** How far messages have come, and who keeps them meanwhile. */
export const delivery = {
  saving: "Saving…",
  failed: "Not saved",
  edit: "Write it again",
  saved: "Saved here",
  alone: "Saved here. Nobody else is in the group yet",
  network: "On the network",
  networkLong: (n: number) =>
    `On the network: handed to ${count(n, "neighbour", "neighbours")}, not yet known to have arrived`,
  some: (n: number, all: number) => `Delivered to ${n} of ${all} devices`,
  all: (n: number) => (n === 1 ? "Delivered" : `Delivered to all ${n} devices`),
  read: (n: number, all: number) => (all === 1 ? "Read" : `Read on ${n} of ${all} devices`),
  mailbox: "Kept by a mailbox until somebody fetches it",
  mailboxes: (n: number) =>
    n === 0 ? "in none" : `${count(n, "mailbox keeps", "mailboxes keep")} it for those who are away`,
  noRead: "not known to be read",
  ended: (n: number, all: number) =>
    `Delivered to ${n} of ${all} devices. It is sent no more, and may not have reached everybody`,
  unknown: "Saved here",
}

export const mailboxes = {
  title: "Mailboxes",
  hint: "A mailbox keeps encrypted messages for members who are away. It can read none of them, and sees which devices come to it, and when.",
  none: "No mailbox. Messages wait on the members' devices.",
  connected: "connected",
  away: "not connected",
  add: "Add a mailbox",
  label: "Mailbox link",
  linkHint: "It begins with starling://mailbox. The command starling mailbox prints it.",
  do: "Add",
  added: "The mailbox is added",
  addFailed: "The mailbox was not added",
  removeOne: (name: string) => `Use mailbox ${name} no more`,
  removed: "The mailbox is used no more",
  removeFailed: "The mailbox is still used",
}
