import type { Bytes } from "@starling/kernel"
import { CardGone, TapDesk, type CardLink, type TapCard, type TapOutcome } from "@starling/eaas/tap"
import { patience, type TestPlatform } from "../platform.ts"

/** The reader of a branch that has no air between itself and the card. */
export function deskOf(at: TestPlatform, branch: 0 | 1): TapDesk {
  return new TapDesk(
    at.lps[branch],
    async (milliseconds) => await new Promise((resolve) => setTimeout(resolve, milliseconds / 10)),
  )
}

/** A card in the field, which stays. */
export function inField(card: TapCard): CardLink {
  return { transmit: async (command) => await card.process(command) }
}

export type Tear = "before the card has the command" | "before the reader has the response"

const PUT_ANSWER = 0x20

/** A card that leaves the field at its command number `at`, counted from 1. */
export class TornLink implements CardLink {
  readonly #card: TapCard
  readonly #at: number
  readonly #tear: Tear
  commands = 0
  /** Of the commands, those that put a part of the answer. */
  puts = 0

  constructor(card: TapCard, at: number, tear: Tear) {
    this.#card = card
    this.#at = at
    this.#tear = tear
  }

  async transmit(command: Bytes): Promise<Bytes> {
    this.commands++
    if (command[1] === PUT_ANSWER) this.puts++
    const torn = this.commands >= this.#at
    if (torn && this.#tear === "before the card has the command") this.#leave()
    const response = await this.#card.process(command)
    if (torn) this.#leave()
    return response
  }

  #leave(): never {
    this.#card.leaveField()
    throw new CardGone("torn")
  }
}

/** A card that stays, whose commands are counted. */
export function counted(card: TapCard): TornLink {
  return new TornLink(card, Number.POSITIVE_INFINITY, "before the reader has the response")
}

/** A tap that ends as soon as the card has nothing left to do, or was refused. */
export async function tap(desk: TapDesk, link: CardLink): Promise<TapOutcome> {
  return await desk.serve(link, patience)
}
