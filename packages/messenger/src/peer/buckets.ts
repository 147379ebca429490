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
  /** Ciphertexts, by author and number; ordinal = when they were kept. */
  messages: "messages",
  /** Which message of another device came under which number; key = author and number. */
  numbered: "numbered-messages",
  /** GroupContexts of states that such messages were sent in; key = state. */
  contexts: "group-contexts",
  /** Own messages that may have to go out again; key = message, ordinal = when it was written. */
  sent: "sent-messages",
  /** How far own messages came that are followed no more, where not everybody was known to have them; key = message. */
  letGo: "let-go-messages",
  /** What is known of the ways of a group's messages; key = group. */
  deliveries: "group-deliveries",
  invitations: "invitations",
  keyPackages: "key-packages",
  outbox: "outbox",
  /** Of a mailbox; key = box. */
  boxes: "boxes",
  /** Partition = box; ordinal = number in the box. */
  envelopes: "envelopes",
  /** KeyPackages of others. */
  stock: "key-package-stock",
} as const
