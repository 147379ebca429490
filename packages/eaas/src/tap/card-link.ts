import type { Bytes } from "@starling/kernel"

/** A card in a reader's field. Throws `CardGone`. */
export interface CardLink {
  /** Sends a command APDU and resolves to the response APDU. */
  transmit(command: Bytes): Promise<Bytes>
}

/** The card left the field, or the reader is gone. Nothing is lost: the next tap goes on. */
export class CardGone extends Error {
  override readonly name = "CardGone"
}
