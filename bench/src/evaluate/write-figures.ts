import type { Observations } from "./figures.ts"

/** Transactions, each with one fsync of the write-ahead log. */
export interface WriteFigures {
  readonly perMessageSent: number
  readonly perMessageReceived: number
  /** Of everything else that the peers did in the whole run. */
  readonly others: number
}

export function writeFiguresOf({ recordings, book }: Observations): WriteFigures {
  const total = (of: "sent" | "received" | "others"): number =>
    recordings.reduce((sum, { writes }) => sum + writes[of], 0)
  return {
    perMessageSent: total("sent") / book.messages,
    perMessageReceived: total("received") / book.expected,
    others: total("others"),
  }
}
