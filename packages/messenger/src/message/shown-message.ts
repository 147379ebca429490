import type { Milliseconds } from "@starling/kernel"

/** A message that this device shows, its own ones included. */
export interface ShownMessage {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly group: string
  /** Identity of the author. */
  readonly from: string
  readonly text: string
  /** As the author's clock had it. */
  readonly at: Milliseconds
  /** Of the state that it was sent in. */
  readonly epoch: number
  readonly mine: boolean
}
