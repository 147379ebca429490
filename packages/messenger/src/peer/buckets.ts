/** The buckets of the store that the core owns. */
export const BUCKETS = {
  self: "self",
  contacts: "contacts",
  groups: "groups",
  /** Partition = group. */
  nodes: "nodes",
  records: "records",
  messages: "messages",
  invitations: "invitations",
  keyPackages: "key-packages",
  outbox: "outbox",
} as const
