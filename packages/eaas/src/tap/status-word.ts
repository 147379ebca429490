/** What a card answers a command with. The number goes over the air, the sentence is for the log of the branch. */
const STATUS_WORDS = {
  done: [0x9000, "Done."],
  "not-acknowledged": [0x6400, "The card's peer has not said yet that the key is durable."],
  "wrong-length": [0x6700, "The command's length is wrong, or it is of the extended form."],
  "not-paired": [0x6982, "The card belongs to no peer."],
  "peer-refused": [0x6984, "The card's peer took the answer and could use no key in it."],
  "not-selected": [0x6985, "Nothing was selected, or there is no request to answer."],
  "wrong-digest": [0x6a80, "What was put is not what the digest names: it begins anew."],
  "unknown-application": [0x6a82, "The card has no such application."],
  "too-much": [0x6a84, "The answer is longer than any."],
  "wrong-parameters": [0x6a86, "The command's parameters are wrong."],
  "wrong-offset": [0x6b00, "The offset is past the end, or leaves a hole."],
  "unknown-instruction": [0x6d00, "The card doesn't know the instruction."],
  "unknown-class": [0x6e00, "The card doesn't know the class of instructions."],
  failed: [0x6f00, "The card failed."],
} as const satisfies Readonly<Record<string, readonly [code: number, sentence: string]>>

export type StatusWord = keyof typeof STATUS_WORDS

const BY_CODE: ReadonlyMap<number, StatusWord> = new Map(statusWords().map((word) => [STATUS_WORDS[word][0], word]))

export const StatusWord = {
  code: (word: StatusWord): number => STATUS_WORDS[word][0],
  sentence: (word: StatusWord): string => STATUS_WORDS[word][1],
  /** `undefined` for a number that this protocol doesn't use. */
  fromCode: (code: number): StatusWord | undefined => BY_CODE.get(code),
}

function isStatusWord(name: string): name is StatusWord {
  return Object.hasOwn(STATUS_WORDS, name)
}

function statusWords(): readonly StatusWord[] {
  return Object.keys(STATUS_WORDS).filter(isStatusWord)
}
