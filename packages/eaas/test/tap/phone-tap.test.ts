import { sha256 } from "@noble/hashes/sha2.js"
import { PhoneTap } from "@starling/eaas"
import { encodeTapAnswer, tapReceipt } from "@starling/eaas/tap"
import { utf8, type Bytes } from "@starling/kernel"
import { expect, test } from "vitest"

const request = utf8("a request")
const response = utf8("a response")
const channel = "one-time pad, simulated link"
const answer = encodeTapAnswer({ response, channel })
const named = (bytes: Uint8Array): Bytes => new Uint8Array(sha256(bytes))
const forever = new AbortController().signal

/** A tap whose client waits for an answer, and what it hears. */
function asked() {
  const tap = new PhoneTap()
  const told: string[] = []
  const answered = tap.transceive(request, forever, (words) => told.push(words))
  return { tap, told, answered }
}

test("an answer is settled with a receipt, also when it is handed over again, and no request is offered then", async () => {
  const { tap, told, answered } = asked()
  const offered: (Bytes | undefined)[] = []
  tap.attach((frame) => offered.push(frame))
  const first = tap.handOver(named(request), answer)
  const again = tap.handOver(named(request), answer)
  expect(await answered).toEqual(response)
  expect(told).toEqual([channel])
  tap.settled(response)
  const durable = { kind: "durable", receipt: tapReceipt(named(request), named(answer)) }
  expect(await first).toEqual(durable)
  expect(await again).toEqual(durable)
  expect(await tap.handOver(named(request), answer)).toEqual(durable)
  expect(offered).toEqual([request, undefined])
})

test("words of the Local Provider on the channel that are none of those there are reach nobody", async () => {
  const { tap, told, answered } = asked()
  void tap.handOver(named(request), encodeTapAnswer({ response, channel: "a golden pipe" }))
  await answered
  expect(told).toEqual([])
})

test.for<readonly [name: string, handOver: (tap: PhoneTap) => ReturnType<PhoneTap["handOver"]>, kind: string]>([
  ["what is no answer", async (tap) => await tap.handOver(named(request), response), "refused"],
  ["an answer to another request", async (tap) => await tap.handOver(named(response), answer), "refused"],
])("%s is refused, and the request waits on", async ([, handOver, kind]) => {
  const { tap, answered } = asked()
  expect(await handOver(tap)).toEqual({ kind })
  void tap.handOver(named(request), answer)
  expect(await answered).toEqual(response)
})

test("while nobody asks, or another answer is looked at, nothing is known of an answer", async () => {
  expect(await new PhoneTap().handOver(named(request), answer)).toEqual({ kind: "silent" })
  const { tap, answered } = asked()
  const first = tap.handOver(named(request), answer)
  const other = encodeTapAnswer({ response: utf8("another"), channel: undefined })
  expect(await tap.handOver(named(request), other)).toEqual({ kind: "silent" })
  await answered
  tap.refuse()
  expect(await first).toEqual({ kind: "refused" })
})

test("who gives up leaves the request offered, since it may have been answered", async () => {
  const tap = new PhoneTap()
  const giving = new AbortController()
  const answered = tap.transceive(request, giving.signal)
  giving.abort(new Error("given up"))
  await expect(answered).rejects.toThrow("given up")
  const offered: (Bytes | undefined)[] = []
  using _ = tap.attach((frame) => offered.push(frame))
  expect(offered).toEqual([request])
})
