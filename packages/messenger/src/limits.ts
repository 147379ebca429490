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
 * Where every member ends a device's log: after this many operations, or records of kinds that this version does not know,
 * and before one of those that is larger.
 */
export const MAX_OPERATIONS = 4096
export const MAX_UNKNOWN_RECORDS = 4096
export const MAX_UNKNOWN_BODY = 4096
/** Operations that a device makes unasked, before it keeps the rest for what its person asks for. */
export const MAX_OPERATIONS_UNASKED = 2048
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
/** States of one group that this device was added to while their COMMITs have not come. */
export const MAX_UNATTACHED = 8
export const MAX_NEARBY = 256

/** Ids of shown messages that a repetition is compared with, per group. */
export const MAX_SHOWN = 4096
/** Own messages that may be sent again on another branch, per group. */
export const MAX_SENT = 200

/** Ranges of a device's messages in one vector; what is cut off is sent once more. */
export const MAX_RANGES = 64
/** Ranges of messages, over all devices, that an inviter can keep a joiner from asking for. */
export const MAX_PAST_RANGES = 1024
/** Rows that are looked at for messages which a joiner was not to ask for, and could read after all. */
export const PAST_PROBES = 16
export const MAX_DEVICES = 4096
/** Bytes of records and messages in one answer to a sync request: taking them must not keep others waiting for long. */
export const SYNC_BUDGET = 256 * 1024
/**
 * What gossip brings of one device in one group: so much at once, then so much a second. More than people and their programs
 * do; the rest comes by sync, which takes a flood at a small part of the price.
 */
export const GOSSIPED_MESSAGES = { burst: 400, perSecond: 10 }
export const GOSSIPED_RECORDS = { burst: 64, perSecond: 0.2 }
/** States of one group, the live one aside, that are held at a time. */
export const MAX_HELD_STATES = 512

/** Clocks that differ by more make no common lifetimes. */
export const MAX_CLOCK_DIFFERENCE = HOUR
/** A KeyPackage is valid from an hour before it was made, for four weeks. */
export const KEY_PACKAGE_LIFETIME = 28 * DAY
/** An unused KeyPackage of a stranger that is older makes room for another stranger's. */
export const STRANGER_PATIENCE = HOUR
/** How long a state that others have followed stays able to process what comes late. */
export const RETENTION = 72 * HOUR
/** How long the topic of an era that ended is still listened to. */
export const ERA_GRACE = HOUR

/** Another member's work is left to it for a moment, then taken over in the order of rank. */
export const SLOT_START = 300
export const SLOT = 2 * SECOND
export const MAX_SLOTS = 8
/** For how long exchanges that are under way put off what is due and nobody waits for. */
export const CATCH_UP = 10 * SECOND

/** How long a device waits for what would let it enter the chosen state before it asks to be added anew, and how often. */
export const DISPLACED_PATIENCE = 30 * SECOND
export const REJOIN_PAUSE = 600 * SECOND

export const SYNC_PERIOD = 10 * SECOND
/** After own activity, one member is asked sooner. */
export const SYNC_SOON = 1_500
/** Members who are asked about one group at a time when they come, or show that they hold more; the others wait. */
export const SYNCS_AT_ONCE = 2
/** At most one gap-driven request to one member about one group within this time. */
export const SYNC_GAP_PAUSE = 500
/** A sync request without an outcome after this time is given up: its answer was one that could not be taken. */
export const SYNC_PATIENCE = 60 * SECOND
export const RETRY_FIRST = 2 * SECOND
export const RETRY_LAST = 5 * 60 * SECOND
export const DIAL_PERIOD = 30 * SECOND
/** Peers who are away and are dialled at a time. */
export const MAX_DIALLED = 64
