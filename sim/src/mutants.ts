import type { Edit } from "@starling/mutation"

/** A fault in the messenger or the engine that the simulator must catch, and the scenario in which it does so soonest, from `seed` on. */
export interface Mutant {
  readonly edits: readonly Edit[]
  readonly caughtIn: { readonly scenario: string; readonly seed: number; readonly size: number }
}

const GROUP = "packages/messenger/src/group"
const MESSAGE = "packages/messenger/src/message"

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  /** The id of a commit, which its author can grind, decides before the rank that nobody chooses. */
  "id-before-rank": {
    edits: [
      {
        file: `${GROUP}/choose-commit.ts`,
        from: "last: () => placeOf(choice.crypto, draw, node) + node.sid,",
        to: "last: () => node.sid,",
      },
    ],
    caughtIn: { scenario: "grinding", seed: 3, size: 4 },
  },
  /** Each commit of a chain by one hand makes its branch deeper. */
  "self-chains-count": {
    edits: [
      {
        file: `${GROUP}/choose-commit.ts`,
        from: "child.added.length + child.removed.length > 0 ? above + 1 : above\n",
        to: "child.added.length + child.removed.length >= 0 ? above + 1 : above\n",
      },
    ],
    caughtIn: { scenario: "grinding", seed: 2, size: 4 },
  },
  /** Nobody hears who says that a commit does not let them in. */
  "refusals-ignored": {
    edits: [
      {
        file: `${GROUP}/choose-commit.ts`,
        from: "    if (refusals === undefined) return false\n",
        to: "    if (refusals !== null) return false\n",
      },
    ],
    caughtIn: { scenario: "bad-path-secret", seed: 8, size: 3 },
  },
  /** A commit that parts from the past more than five commits below the own tip is not looked at. */
  "local-horizon": {
    edits: [
      {
        file: `${GROUP}/place-commit.ts`,
        from: '  if (parent === undefined || cited.includes(undefined)) return { kind: "waiting" }\n',
        to:
          '  if (parent === undefined || cited.includes(undefined)) return { kind: "waiting" }\n' +
          '  if (parent.epoch < (group.forest.get(group.live)?.epoch ?? 0) - 5) return { kind: "refused" }\n',
      },
    ],
    caughtIn: { scenario: "long-partition", seed: 4, size: 4 },
  },
  /** States are told apart by the number of their epoch, as where there is only one branch. */
  "keyed-by-epoch": {
    edits: [
      {
        file: `${MESSAGE}/receive-message.ts`,
        from: "  const node = group.forest.get(message.sid)\n",
        to:
          "  const named = group.forest.get(message.sid)\n" +
          "  const node = [...group.forest.values()].find(({ epoch }) => epoch === named?.epoch)\n",
      },
    ],
    caughtIn: { scenario: "concurrent", seed: 3, size: 4 },
  },
  /** A commit with one Remove, and nothing else, renews nobody's keys. */
  "single-remove-without-path": {
    edits: [
      {
        file: "packages/mls/src/proposal-list.ts",
        from: "  const renewing = list.updates.size + list.removes.size\n",
        to:
          "  const renewing = list.updates.size + list.removes.size\n" +
          "  if (list.removes.size === 1 && list.updates.size + list.adds.length + list.psks.length === 0) return false\n",
      },
      { file: `${GROUP}/commit.ts`, from: "    path: true,\n", to: "    path: removes.length !== 1,\n" },
      { file: `${GROUP}/place-commit.ts`, from: "(header.removes.length === 0 || header.hasPath)", to: "true" },
    ],
    caughtIn: { scenario: "removed-forks", seed: 35, size: 5 },
  },
  /** What follows from an own commit is not kept, but to be had by processing it. */
  "own-commit-replayed": {
    edits: [
      {
        file: `${GROUP}/commit.ts`,
        from: '    standing: { kind: "held", state: next },\n',
        to: '    standing: { kind: "open" },\n',
      },
    ],
    caughtIn: { scenario: "calm", seed: 0, size: 3 },
  },
  /** The same message is shown each time that it comes. */
  "shown-again": {
    edits: [{ file: `${MESSAGE}/receive-message.ts`, from: "  if (isShown(turn, group, id)) return\n", to: "" }],
    caughtIn: { scenario: "partitions", seed: 2, size: 3 },
  },
  /** What was said on a branch that lost stays there. */
  "nothing-sent-again": {
    edits: [
      {
        file: `${MESSAGE}/send-message.ts`,
        from: "  if (lost.length === 0) return\n",
        to: "  if (lost.length >= 0) return\n",
      },
    ],
    caughtIn: { scenario: "partitions", seed: 11, size: 5 },
  },
  /** A device key stands for whoever is first heard to be named for it. */
  "first-claim-counts": {
    edits: [
      {
        file: `${GROUP}/bearers.ts`,
        from: "  if (consents === undefined) {\n",
        to: "  if (claims.length > 0) return claims[0]?.identity\n  if (consents === undefined) {\n",
      },
    ],
    caughtIn: { scenario: "borrowed-keys", seed: 6, size: 4 },
  },
  /** A message counts as delivered to all whom it was for as soon as it is written. */
  "delivered-when-sent": {
    edits: [
      {
        file: `${MESSAGE}/delivery.ts`,
        from: "    delivered: recipients.filter((device) => holdsCopy(group.acks, device, sent)).length,\n",
        to: "    delivered: recipients.length,\n",
      },
    ],
    caughtIn: { scenario: "calm", seed: 3, size: 3 },
  },
  /** Authors learn of what was read while receipts were off. */
  "read-in-secret": {
    edits: [
      {
        file: `${MESSAGE}/note-seen.ts`,
        from: "  if (!turn.state.durable.settings.receipts) {\n",
        to: "  if (turn.state.durable.settings === undefined) {\n",
      },
      {
        file: `${MESSAGE}/read-receipts.ts`,
        from: "  return turn.state.durable.settings.receipts ? (",
        to: "  return turn.state.durable.settings !== undefined ? (",
      },
    ],
    caughtIn: { scenario: "receipts", seed: 0, size: 4 },
  },
  /** A newcomer misses what was said before it came. */
  "past-is-missed": {
    edits: [
      {
        file: `${MESSAGE}/gaps.ts`,
        from: "[group.held, group.past, notOurs].map(",
        to: "[group.held, notOurs].map(",
      },
    ],
    caughtIn: { scenario: "calm", seed: 16, size: 4 },
  },
  /** Ciphertexts of others stay for good. */
  "kept-for-ever": {
    edits: [
      {
        file: `${MESSAGE}/keep-sealed.ts`,
        from: "before: turn.now - keepFor, limit",
        to: "before: turn.now - keepFor * 1_000, limit",
      },
    ],
    caughtIn: { scenario: "keeping", seed: 0, size: 3 },
  },
  /** What a device can't open is lost to it where the author is out. */
  "nothing-handed-on": {
    edits: [
      {
        file: "packages/messenger/src/sync/missing-messages.ts",
        from: "    if (this.#request.version < 4 ||",
        to: "    if (this.#request.version > 0 ||",
      },
    ],
    caughtIn: { scenario: "backup-churn", seed: 11, size: 5 },
  },
  /** Keys stay after the retention. */
  "no-retention": {
    edits: [
      {
        file: `${GROUP}/drop-old-states.ts`,
        from: "const before = turn.now - RETENTION\n",
        to: "const before = 0\n",
      },
    ],
    caughtIn: { scenario: "days-offline", seed: 3, size: 3 },
  },
}

export function mutantNamed(name: string): Mutant {
  const mutant = MUTANTS[name]
  if (mutant === undefined) throw new RangeError(`no mutant ${name}: choose one of ${Object.keys(MUTANTS).join(", ")}`)
  return mutant
}

export function editsOf(name: string): readonly Edit[] {
  return mutantNamed(name).edits
}
