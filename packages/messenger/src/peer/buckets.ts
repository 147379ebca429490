/** The buckets of the store that the core owns. */
export const BUCKETS = {
  self: "self",
  contacts: "contacts",
  groups: "groups",
  /** Partition = group. */
  nodes: "nodes",
  /** Partition = group; of each MLS state that is held, a row for each of its parts. */
  states: "states",
  records: "records",
  messages: "messages",
  invitations: "invitations",
  keyPackages: "key-packages",
  outbox: "outbox",
  /** KeyPackages of others. */
  stock: "key-package-stock",
} as const
