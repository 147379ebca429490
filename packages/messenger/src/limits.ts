/** Bounds on what a peer can make us hold or do, and the times that the protocol runs by. Times are in milliseconds. */

const SECOND = 1_000
const HOUR = 3_600 * SECOND
export const DAY = 24 * HOUR

/** UTF-8 bytes of one message's text. */
export const MAX_TEXT = 32 * 1024
/** Bytes of one MLSMessage(PublicMessage) inside a record. */
export const MAX_COMMIT = 1536 * 1024
/** What one commit of ours brings about at most; the next one goes on. */
export const MAX_ADDITIONS = 64
export const MAX_REMOVALS = 256
/** Operations that one commit cites. */
export const MAX_CITED = 320
/** Parents of one operation. */
export const MAX_DEPENDENCIES = 8
/** Addresses in a contact link. */
export const MAX_ADDRESSES = 16
export const MAX_ADDRESS = 256

/**
 * Where every member ends a device's log: after this many operations, commits, or records of other kinds, and before one of
 * those that is larger.
 */
export const MAX_OPERATIONS = 4096
export const MAX_OTHER_RECORDS = 4096
export const MAX_BODY = 4096
export const MAX_COMMITS = 8192
export const MAX_LOG_BYTES = 64 * 1024 * 1024
/** How often these are halved at most, for a device that no admin brought in: twice for each member between it and one. */
export const MAX_HALVINGS_OF_LOG = 4
/**
 * Devices that may owe their membership to one that is no admin's; and the part of the places that are left which each one takes
 * that it brings in.
 */
export const PLACES = 512
export const PLACES_SHARE = 6
/**
 * Records kept beside the longest branch of a device that signed two for one place, where nobody else names them; how many of these
 * are operations; and the largest.
 */
export const MAX_STRAYS = 256
export const MAX_STRAY_OPERATIONS = 16
export const MAX_STRAY = 256 * 1024
/** Others of them that one device can have everybody keep by naming them; each halving of its log is two of these. */
export const MAX_NAMED_STRAYS = 1024
export const MAX_NAMED_BYTES = 32 * 1024 * 1024
/** Bodies that are tried of one COMMIT; they differ in what its id does not cover. */
export const MAX_BODIES = 8
/** Operations that a device keeps for leaving. */
export const OPERATIONS_TO_LEAVE = 64

/** Records and messages that can't be placed yet. */
export const MAX_PENDING_PER_DEVICE = 64
export const MAX_PENDING_PER_GROUP = 256
/** Welcomes of one inviter kept for one group before the invitation is decided. */
export const MAX_WELCOMES = 4
/** Undecided invitations of all inviters that are no contacts, and of any one inviter. */
export const MAX_INVITATIONS = 64
export const MAX_INVITATIONS_PER_INVITER = 8
/** Unused KeyPackages handed to peers that are no contacts. */
export const MAX_STRANGER_KEY_PACKAGES = 64
/** KeyPackages made for one peer within a day, used ones included. */
export const MAX_KEY_PACKAGES_PER_DAY = 16
/** Welcomes that one KeyPackage serves: what its bearer began with it before the first of them arrived. */
export const MAX_KEY_PACKAGE_USES = 4
export const MAX_LAST_RESORT_USES = 16
/** KeyPackages that a peer holds of another one ahead, besides the one of last resort; and a peer that is a stranger. */
export const STOCK = 3
export const STOCK_OF_STRANGER = 1
/** Unused KeyPackages handed to one peer ahead: those that it may have used while this device was away are among them. */
export const MAX_AHEAD = 16
/** Welcomes of others that one member carries for those who were away, per group, and members that carry each. */
export const MAX_CARRIED = 64
export const CARRIERS = 16
/** States of one group that this device was added to while their COMMITs have not come. */
export const MAX_UNATTACHED = 8
export const MAX_NEARBY = 256

/** Ids of shown messages that a repetition is compared with, per group. */
export const MAX_SHOWN = 4096
/**
 * Own messages that may have to go out again, per group, and the bytes of them: as much as others take of one device at once. Beyond it the
 * oldest are let go, and marked. The last ones are followed, and show how far they have come, when everybody has them, too.
 */
export const MAX_SENT = 20_000
export const MAX_SENT_BYTES = 16 * 1024 * 1024
export const TICKED = 200
/** Messages that go out again at once, and how soon the next ones. */
export const RESENT_AT_ONCE = 128
export const RESEND_PAUSE = SECOND

/** Ranges of a device's messages in one vector; the others are told of in the exchanges that follow. */
export const MAX_RANGES = 64
/** Messages that one exchange names, and those of them that are named unasked since they came last. */
export const MAX_NAMED = 256
export const RECENTLY_SHOWN = 64
/** Messages that a note in a mailbox names; of those that came last, each author has a share. */
export const MAX_NOTED = 1024
/** Numbers of a device that are looked at in one exchange, the newest first, for messages that it has forgotten; and given. */
export const FORGOTTEN_PROBES = 64
export const MAX_FORGOTTEN = 16
/** Messages of others that one answer gives as their authors signed them. */
export const MAX_HANDED = 16
/** Ranges of messages, over all devices, that an inviter can keep a joiner from asking for. */
export const MAX_PAST_RANGES = 1024
/** Rows that are looked at for messages which a joiner was not to ask for, and could read after all. */
export const PAST_PROBES = 16
export const MAX_DEVICES = 4096
/** Bytes of records and messages in one answer to a sync request: taking them must not keep others waiting for long. */
export const SYNC_BUDGET = 256 * 1024
/** Rows that one answer looks at, and one to a version that can't be told where to go on. */
export const SYNC_READS = 1024
export const SYNC_READS_AT_ONCE = 16 * SYNC_READS
/** Messages in one: to read each takes its time, however short it is. */
export const MESSAGES_AT_ONCE = 128
/**
 * What gossip brings of one device in one group: so much at once, then so much a second. More than people and their programs
 * do; the rest comes by sync, which takes a flood at a small part of the price.
 */
export const GOSSIPED_MESSAGES = { burst: 400, perSecond: 10 }
export const GOSSIPED_RECORDS = { burst: 64, perSecond: 0.2 }
/** States of one group, the live one aside, that are held at a time. */
export const MAX_HELD_STATES = 512

/** How long ciphertexts are kept for others, where a person has not chosen otherwise; and between what they may choose. */
export const KEEP_FOR = 72 * HOUR
export const KEEP_LEAST = HOUR
export const KEEP_MOST = 14 * DAY
/** Bytes of ciphertext kept of one author, and of all, per group; what goes beyond is shown and not kept. */
export const MAX_KEPT_PER_DEVICE = 32 * 1024 * 1024
export const MAX_KEPT_PER_GROUP = 128 * 1024 * 1024
/** Rows that one look at what is kept for too long goes through, per group. */
export const PRUNE_AT_ONCE = 512

/**
 * What is entered into the history of a group of one device: so much at once, then so much a day, by whatever way it comes. At
 * once it is more than a program says every ten seconds in the time that members keep it for somebody who was away; a day, twice as much
 * as it says in a day. The rest waits where it is kept.
 */
export const TAKEN_MESSAGES = { burst: 40_000, perDay: 20_000 }
export const TAKEN_BYTES = { burst: MAX_KEPT_PER_DEVICE, perDay: 8 * 1024 * 1024 }
/** Room that there is again when more is asked for of a device that wrote more than was taken of it. */
export const ROOM_AGAIN = { messages: 1000, bytes: 1024 * 1024 }
/** Ranges of one device's messages that are kept: between more of them the oldest gaps are closed. */
export const MAX_HELD_RANGES = 512
/** Places of one device before which it is shown that messages are missing for good. */
export const MAX_FORGONE_RUNS = 8

/** A message that is missing for longer is shown as a gap. */
export const GAP_PATIENCE = 20 * SECOND
/** Places before which something is missing, per group. */
export const MAX_BREAKS = 256
/** How far beyond what was received a member's word counts that somebody has written more. */
export const MAX_CLAIMED = 10_000

/** Mailboxes that a group uses; and words about mailboxes that count of one device, the last ones. */
export const MAX_MAILBOXES = 4
export const MAX_MAILBOX_WORDS = 32
/** Of what a record about a mailbox says: addresses, and words that it supersedes. */
export const MAX_ADDRESSES_IN_RECORD = 8
export const MAX_SUPERSEDED = 32

/** What a mailbox keeps: boxes, bytes in one of them, and in all. What goes beyond is refused, and nothing is dropped for it. */
export const MAX_BOXES = 1024
export const MAX_BOX_BYTES = 64 * 1024 * 1024
export const MAX_MAILBOX_BYTES = 1024 * 1024 * 1024
/** What of that one peer may take up. */
export const MAX_BOXES_OF_ONE = 128
export const MAX_BOX_BYTES_OF_ONE = 32 * 1024 * 1024
export const MAX_MAILBOX_BYTES_OF_ONE = 128 * 1024 * 1024
/** Answers to fetch that are taken of one mailbox in one round: more than a full box needs. */
export const MAX_FETCHES = 512
/** Eras of a group whose boxes its members use, the newest ones; and records that they put into one. */
export const MAX_BOXED_ERAS = 8
export const MAX_BOXED_RECORDS = 512
export const MAILBOX_PERIOD = 10 * SECOND
/** After something was written here. */
export const MAILBOX_SOON = 250

/** Clocks that differ by more make no common lifetimes. */
export const MAX_CLOCK_DIFFERENCE = HOUR
/** A KeyPackage is valid from an hour before it was made, for four weeks. */
export const KEY_PACKAGE_LIFETIME = 28 * DAY
/** An unused KeyPackage of a stranger that is older makes room for another stranger's. */
export const STRANGER_PATIENCE = HOUR
/** How long a state that others have followed stays able to process what comes late: a thief gets that far back. */
export const RETENTION = 24 * HOUR
/** How long an author sends again what did not reach somebody where it was sent. */
export const RESEND_PATIENCE = 14 * DAY
/** Times that a message is encrypted at most because others may have let its state go. */
export const MAX_LATE_COPIES = 3
/** How long after its branch lost a message is not sent again for members who were in that branch and may still read it there. */
export const LOST_PATIENCE = 120 * SECOND
/** How long the topic of an era that ended is still listened to. */
export const ERA_GRACE = HOUR

/** Another member's work is left to it for a moment, then taken over in the order of rank. */
export const SLOT_START = 300
export const SLOT = 2 * SECOND
export const MAX_SLOTS = 8
/** For how long exchanges that are under way put off what is due and nobody waits for. */
export const CATCH_UP = 10 * SECOND

/** Heights for which the ranks of commits are drawn from one state. */
export const RANK_SPAN = 16
/** Among equals, whose word weighs first where commits compete. */
export const MAX_ANCHORS_OF_EQUALS = 8
/** In a larger group only anchors sign that they are in a state. */
export const MAX_WITNESSES = 32
/** A branch that competes is left this long to be known to all before it is signed for. */
export const SUPPORT_DELAY = 3 * SECOND
/** How much longer a branch was known than one that comes to compete with it, for its members to stand up for it. */
export const DEFENCE = 10 * SECOND
/** How long a COMMIT whose tags are bad is left to show another body, before it is refused. */
export const BODY_PATIENCE = 10 * SECOND
/** Commits of one author on one state that are processed unless they are chosen. */
export const MAX_EAGER_SIBLINGS = 4

/** How long a device waits for what would let it enter the chosen state before it asks to be added anew, and how often. */
export const DISPLACED_PATIENCE = 30 * SECOND
export const REJOIN_PAUSE = 600 * SECOND
/** How long a member who is out, and asked nothing, is given to get the Welcome that it was added with; then it is added anew. */
export const STRANDED_PATIENCE = 30 * SECOND
/** How often in a day a leaf is renewed at its device's word before that takes `REJOIN_PAUSE`, then twice as long each time. */
export const RENEWALS_AT_ONCE = 3
/** Devices that were left behind by one commit do not ask at one moment; who adds them anew waits for the others. */
export const REJOIN_SPREAD = 4 * SECOND
export const RENEWAL_BATCH = 5 * SECOND
/** A leaf that its own device wants renewed stays in the tree so long for a KeyPackage to come; a commit waits for others. */
export const RENEWAL_PATIENCE = 10 * SECOND
export const BATCH_PATIENCE = 2 * SECOND

/** A device renews its keys in each group once in so many days, unless its person chose otherwise. */
export const HEAL_PERIOD_DAYS = 7
export const MAX_HEAL_PERIOD_DAYS = 30
/** For how long what is left of a device's log is to last: where it would not, keys are renewed after as many periods as it takes. */
export const LOG_HORIZON = 730 * DAY
/** Nothing is renewed unasked so soon after somebody's commit. */
export const TIP_QUIET = 5 * SECOND
/** For so long at most: somebody may commit again and again. */
export const TIP_PATIENCE = 120 * SECOND
/** Devices that missed their slot are spread over so long: at least, and for each member. */
export const CATCH_UP_LEAST = 600 * SECOND
export const CATCH_UP_OF_EACH = 30 * SECOND

export const SYNC_PERIOD = 10 * SECOND
/** After own activity, one member is asked sooner. */
export const SYNC_SOON = 1_500
/** An author learns sooner than by the periodic exchange that a message has come, or was read. */
export const ACK_SOON = 400
/** A message that a connected member has not acknowledged by then goes to it by a direct exchange; again after twice as long. */
export const REPAIR_AFTER = 1_500
export const MAX_REPAIRS = 4
/** Members that one round of repairs turns to, those who lack the most first. */
export const MAX_REPAIRS_AT_ONCE = 8
/** Messages that are older are left to the exchanges on connect and in turn. */
export const REPAIR_WITHIN = 60 * SECOND
/** Members who are asked about one group at a time when they come, or show that they hold more; the others wait. */
export const SYNCS_AT_ONCE = 2
/** At most one gap-driven request to one member about one group within this time. */
export const SYNC_GAP_PAUSE = 500
/** A sync request without an outcome after this time is given up: its answer was one that could not be taken. */
export const SYNC_PATIENCE = 60 * SECOND
export const RETRY_FIRST = 2 * SECOND
export const RETRY_LAST = 5 * 60 * SECOND
export const DIAL_PERIOD = 30 * SECOND
/** A peer is asked to fill up the stock of its KeyPackages, and a member for the Welcomes that it holds, no sooner again. */
export const RESTOCK_PAUSE = 600 * SECOND
/** Until a device that gave somebody else's KeyPackage is asked again for the one who was named for it. */
export const WRONG_KEY_PAUSE = 600 * SECOND
export const CARRY_PAUSE = 300 * SECOND
/** Certificates of devices that were good, and ranks, that are not worked out again. */
export const MAX_REMEMBERED_DEVICES = 4_096
export const MAX_REMEMBERED_RANKS = 8_192
/** Peers who are away and are dialled at a time. */
export const MAX_DIALLED = 64
