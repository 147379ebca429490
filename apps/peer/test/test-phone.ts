import { createHash } from "node:crypto"
import { once } from "node:events"
import { TapCard, type CardPeer, type HandOver } from "@starling/eaas/tap"
import { osEntropy } from "@starling/entropy/node"
import { toHex, type Bytes } from "@starling/kernel"
import { WebSocket } from "ws"
import { decodePairingCode } from "../src/phone/pairing-code.ts"
import { PHONE_PATH } from "../src/phone/phone-door.ts"
import { decodeHello, decodeToPhone, encodeFromPhone, encodeHello } from "../src/phone/phone-messages.ts"
import { NONCE_BYTES, SealedLine } from "../src/phone/sealed-line.ts"

/** What `android/` does on a phone, here: a card that is paired with a peer. */
export class TestPhone implements CardPeer, Disposable {
  readonly card = new TapCard(this)
  readonly #socket: WebSocket
  readonly #line: SealedLine
  readonly #outcomes = new Map<string, (outcome: HandOver) => void>()
  #request = Promise.withResolvers<Bytes>()
  #offered = false

  private constructor(socket: WebSocket, line: SealedLine) {
    this.#socket = socket
    this.#line = line
    socket.on("message", (data: Buffer) => this.#hear(new Uint8Array(data)))
    socket.send(line.seal(encodeFromPhone({ kind: "ready" })))
  }

  /** Rejects where nobody is there, or hangs up. */
  static async pair(code: string): Promise<TestPhone> {
    const pairing = decodePairingCode(code)
    if (pairing.kind === "malformed") throw new Error(pairing.why)
    const { key, addresses } = pairing.value
    const socket = new WebSocket(`ws://${addresses[0]}${PHONE_PATH}`)
    const [data] = (await once(socket, "message")) as [Buffer]
    const hello = decodeHello(new Uint8Array(data))
    if (hello.kind === "malformed") throw new Error(hello.why)
    const nonce = osEntropy(NONCE_BYTES)
    socket.send(encodeHello(nonce))
    return new TestPhone(socket, new SealedLine("phone", key, hello.value, nonce))
  }

  /** The peer's request, once it has one. */
  async request(): Promise<Bytes> {
    return await this.#request.promise
  }

  async closed(): Promise<void> {
    if (this.#socket.readyState !== this.#socket.CLOSED) await once(this.#socket, "close")
  }

  async handOver(requestDigest: Bytes, answer: Bytes): Promise<HandOver> {
    const { promise, resolve } = Promise.withResolvers<HandOver>()
    this.#outcomes.set(createHash("sha256").update(answer).digest("hex"), resolve)
    this.#socket.once("close", () => resolve({ kind: "silent" }))
    this.#socket.send(this.#line.seal(encodeFromPhone({ kind: "answer", requestDigest, answer })))
    return await promise
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }

  #hear(sealed: Bytes): void {
    const message = decodeToPhone(this.#line.open(sealed) ?? new Uint8Array())
    if (message.kind === "malformed") throw new Error(message.why)
    if (message.value.kind === "outcome") {
      const { answerDigest, outcome } = message.value
      this.#outcomes.get(toHex(answerDigest))?.(outcome)
    } else {
      const { frame } = message.value
      if (this.card.offer(frame)) void this.card.handOverAgain()
      if (frame === undefined && this.#offered) this.#request = Promise.withResolvers()
      else if (frame !== undefined) this.#request.resolve(frame)
      this.#offered = frame !== undefined
    }
  }
}
