import { KeyStock } from "@starling/eaas/kme"
import { expect, test } from "vitest"

import { LinkProducer, type LinkFigures } from "../src/kme/link-producer.ts"

/** A producer over empty stocks, and what it told. */
function producer(options: { readonly interception: number; readonly high: number }) {
  const stocks = [new KeyStock("front"), new KeyStock("back")] as const
  const events: string[] = []
  const rounds: LinkFigures[] = []
  const [works, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const link = new LinkProducer({
    stocks,
    low: 1,
    period: 10,
    ...options,
    log: (event) => {
      events.push(event)
      works.resolve()
    },
    observe: (figures) => {
      rounds.push(figures)
      told.resolve()
    },
  })
  return { link, stocks, events, rounds, works: works.promise, told: told.promise }
}

test("a worker fills both stocks with one key, in the background", { timeout: 300_000 }, async () => {
  const { link, stocks, events, rounds, told } = producer({ interception: 0, high: 1024 })
  await using _ = link
  await told
  expect(rounds).toMatchObject([{ outcome: "key", bytes: stocks[0].available() }])
  expect(stocks[0].available()).toBeGreaterThan(20_000)
  const taken = stocks[0].take(500)!
  expect(stocks[1].follow(taken.place)).toEqual(taken)
  expect(taken.origin).toBe("distilled")
  expect(events).toEqual(["link works", "link gave key"])
  expect(link.alarm).toBeUndefined()
})

test(
  "with an eavesdropper there is an alarm and no key, and it isn't tried again at once",
  { timeout: 300_000 },
  async () => {
    const { link, stocks, events, rounds, told } = producer({ interception: 1, high: 1024 })
    await using _ = link
    await told
    expect(rounds).toMatchObject([{ outcome: "alarm", bytes: 0 }])
    expect(stocks.map((stock) => stock.available())).toEqual([0, 0])
    expect(events).toEqual(["link works", "link alarm"])
    expect(link.alarm).toContain("somebody may be listening")
  },
)

test("it stops in the middle of a block, without a word and without waiting for it", { timeout: 300_000 }, async () => {
  const { link, events, works } = producer({ interception: 0, high: 1024 })
  await works
  await link[Symbol.asyncDispose]()
  expect(events).toEqual(["link works"])
})
