import { fc, test as property } from "@fast-check/vitest"
import { encodeFromPhone, encodeToPhone, decodeFromPhone, decodeToPhone } from "../src/phone/phone-messages.ts"
import { SealedLine } from "../src/phone/sealed-line.ts"
import { once } from "node:events"
import { PhoneTap } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { utf8, type Bytes } from "@starling/kernel"
import { expect, onTestFinished, test } from "vitest"
import { WebSocket } from "ws"
import { reachableAddresses } from "../src/phone/addresses.ts"
import { decodePairingCode, encodePairingCode } from "../src/phone/pairing-code.ts"
import { PhoneDoor } from "../src/phone/phone-door.ts"
import { TestPhone } from "./test-phone.ts"

async function door(): Promise<PhoneDoor & { readonly tap: PhoneTap }> {
  const tap = new PhoneTap()
  let key: Bytes | undefined
  const shelf = { load: () => key, save: (saved: Bytes) => void (key = saved) }
  const opened = await PhoneDoor.open({ host: "127.0.0.1", port: 0, tap, shelf, random: osEntropy })
  onTestFinished(async () => await opened[Symbol.asyncDispose]())
  return Object.assign(opened, { tap })
}

const forever = new AbortController().signal

test("a paired phone hears of each request, and a second pairing hangs up on it", async () => {
  const at = await door()
  using phone = await TestPhone.pair(at.pair())
  const waiting = at.tap.transceive(utf8("a request"), forever)
  waiting.catch(() => {})
  expect(await phone.request()).toEqual(utf8("a request"))
  using second = await TestPhone.pair(at.pair())
  await phone.closed()
  expect(await second.request()).toEqual(utf8("a request"))
})

test("who has another key, or none, is hung up on before they hear anything", async () => {
  const at = await door()
  const code = at.pair()
  at.tap.transceive(utf8("a request"), forever).catch(() => {})
  const pairing = decodePairingCode(code)
  if (pairing.kind === "malformed") throw new Error(pairing.why)
  using stranger = await TestPhone.pair(encodePairingCode({ ...pairing.value, key: osEntropy(32) }))
  await stranger.closed()

  const mute = new WebSocket(`ws://127.0.0.1:${at.port}/phone`)
  const heard: Buffer[] = []
  mute.on("message", (data: Buffer) => heard.push(data))
  await once(mute, "open")
  mute.send(new Uint8Array(40_000))
  await once(mute, "close")
  // The hello alone.
  expect(heard.map(({ length }) => length)).toEqual([17])
})

test.for([
  ["a page of a browser", "/phone", { origin: "http://127.0.0.1" }],
  ["another path", "/api/events", {}],
] as const)("%s is turned away", async ([, path, headers]) => {
  const at = await door()
  at.pair()
  const socket = new WebSocket(`ws://127.0.0.1:${at.port}${path}`, { headers })
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { readonly statusCode: number }]
  expect(response.statusCode).toBe(403)
  socket.on("error", () => {})
  socket.terminate()
})

test("before any pairing nobody is let in", async () => {
  const at = await door()
  const socket = new WebSocket(`ws://127.0.0.1:${at.port}/phone`)
  socket.on("error", () => {})
  await once(socket, "unexpected-response")
  socket.terminate()
})

test("a code names the addresses that a phone can reach, and nothing that opens by itself", () => {
  expect(reachableAddresses("192.0.2.7", 7421)).toEqual(["192.0.2.7:7421"])
  for (const address of reachableAddresses("0.0.0.0", 7421)) expect(address).not.toMatch(/^127\./)
  const pairing = { key: osEntropy(32), addresses: ["192.0.2.7:7421"] }
  const code = encodePairingCode(pairing)
  expect(code).toMatch(/^STARLING\.TAP\.[A-Z2-7]+$/)
  expect(URL.canParse(code)).toBe(false)
  expect(decodePairingCode(code)).toEqual({ kind: "ok", value: pairing })
  expect(decodePairingCode(code.slice(0, -3)).kind).toBe("malformed")
  expect(decodePairingCode("https://example.org/").kind).toBe("malformed")
})

test("a line takes each message once, in its order, and from the other end alone", () => {
  const [key, ofPeer, ofPhone] = [osEntropy(32), osEntropy(16), osEntropy(16)]
  const line = (end: "phone" | "peer") => new SealedLine(end, key, ofPeer, ofPhone)
  const [phone, peer] = [line("phone"), line("peer")]
  const [first, second] = [phone.seal(utf8("first")), phone.seal(utf8("second"))]
  expect(peer.open(second)).toBeUndefined()
  expect(peer.open(first.with(0, (first[0] ?? 0) ^ 1))).toBeUndefined()
  expect(peer.open(first)).toEqual(utf8("first"))
  expect(peer.open(first)).toBeUndefined()
  expect(peer.open(second)).toEqual(utf8("second"))
  expect(line("phone").open(line("phone").seal(utf8("mirrored")))).toBeUndefined()
})

property.prop([fc.uint8Array({ maxLength: 400 })])("messages of the phone's line are decoded or malformed", (bytes) => {
  for (const head of [[], [1], [2], [3], [4]]) {
    const given = Uint8Array.from([...head, ...bytes])
    const [fromPhone, toPhone] = [decodeFromPhone(given), decodeToPhone(given)]
    if (fromPhone.kind === "ok") expect(encodeFromPhone(fromPhone.value)).toEqual(given)
    if (toPhone.kind === "ok") expect(encodeToPhone(toPhone.value)).toEqual(given)
  }
})
