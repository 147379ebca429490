import { createHash } from "node:crypto"
import type { PhoneTap } from "@starling/eaas"
import { assertNever, type Bytes } from "@starling/kernel"
import type { RawData, WebSocket } from "ws"
import {
  decodeFromPhone,
  decodeHello,
  encodeHello,
  encodeToPhone,
  type FromPhone,
  type ToPhone,
} from "./phone-messages.ts"
import { NONCE_BYTES, SealedLine } from "./sealed-line.ts"

/** Time to show the pairing key. In milliseconds. */
const PATIENCE = 5_000
/** A phone that went away without a word is noticed so soon. In milliseconds. */
const HEARTBEAT = 15_000

/** One connection of a phone: hello, ready, and then requests to it and answers from it. Whatever is wrong ends it. */
export class PhoneSession {
  readonly #socket: WebSocket
  readonly #key: Bytes
  readonly #tap: PhoneTap
  readonly #nonce: Bytes
  #line: SealedLine | undefined
  #attached: Disposable | undefined
  #alive = true

  constructor(socket: WebSocket, key: Bytes, tap: PhoneTap, random: (length: number, purpose: string) => Bytes) {
    this.#socket = socket
    this.#key = key
    this.#tap = tap
    this.#nonce = random(NONCE_BYTES, "phone line nonce")
  }

  start(): void {
    const socket = this.#socket
    const impatience = setTimeout(() => {
      if (this.#attached === undefined) socket.terminate()
    }, PATIENCE)
    const heartbeat = setInterval(() => this.#beat(), HEARTBEAT)
    socket.on("pong", () => (this.#alive = true))
    socket.on("error", () => socket.terminate())
    socket.on("close", () => {
      clearTimeout(impatience)
      clearInterval(heartbeat)
      this.#attached?.[Symbol.dispose]()
    })
    socket.on("message", (data: RawData, isBinary: boolean) => {
      if (!isBinary || !Buffer.isBuffer(data) || !this.#take(new Uint8Array(data))) socket.terminate()
    })
    socket.send(encodeHello(this.#nonce))
  }

  /** False where the phone is to be hung up on. */
  #take(bytes: Bytes): boolean {
    if (this.#line === undefined) {
      const nonce = decodeHello(bytes)
      if (nonce.kind === "malformed") return false
      this.#line = new SealedLine("peer", this.#key, this.#nonce, nonce.value)
      return true
    }
    const message = this.#line.open(bytes)
    const decoded = message === undefined ? undefined : decodeFromPhone(message)
    return decoded?.kind === "ok" && this.#hear(decoded.value)
  }

  #hear(message: FromPhone): boolean {
    switch (message.kind) {
      case "ready":
        if (this.#attached !== undefined) return false
        this.#attached = this.#tap.attach((frame) => this.#say({ kind: "request", frame }))
        return true
      case "answer":
        if (this.#attached === undefined) return false
        void this.#handOver(message)
        return true
      default:
        return assertNever(message)
    }
  }

  async #handOver({ requestDigest, answer }: FromPhone & { readonly kind: "answer" }): Promise<void> {
    const outcome = await this.#tap.handOver(requestDigest, answer)
    const answerDigest = new Uint8Array(createHash("sha256").update(answer).digest())
    this.#say({ kind: "outcome", answerDigest, outcome })
  }

  #say(message: ToPhone): void {
    if (this.#line === undefined || this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(this.#line.seal(encodeToPhone(message)))
  }

  #beat(): void {
    if (!this.#alive) this.#socket.terminate()
    this.#alive = false
    this.#socket.ping()
  }
}
