import { expect, test } from "vitest"

import { countSyncs, type Syncs } from "../src/delivery/durable-writes.ts"
import { Pair } from "../src/delivery/pair.ts"

const MESSAGES = 60

test("messages cost their sender one sync of the disk each, and their receiver less where they come at once (needs strace)", async () => {
  await using pair = await Pair.open({ more: ["--eaas", "off"] })
  const [sender, receiver] = [await countSyncs(pair.sender.pid), await countSyncs(pair.receiver.pid)]
  await Promise.all(Array.from({ length: MESSAGES }, async (_, i) => await pair.deliver(`message ${i}.`)))
  const sent = sum(await sender.end())
  const received = sum(await receiver.end())
  expect(sent).toBeGreaterThan(0)
  expect(sent).toBeLessThanOrEqual(MESSAGES)
  expect(received).toBeGreaterThan(0)
  expect(received).toBeLessThan(MESSAGES)
})

function sum(syncs: Syncs): number {
  return [...syncs.values()].reduce((all, count) => all + count, 0)
}
