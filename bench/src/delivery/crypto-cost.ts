import { nodeCrypto } from "@starling/mls/node"
import { protect, receive } from "@starling/mls"

import { distributionOf } from "../distribution.ts"
import { sceneOf } from "../mls/scene.ts"

/** RFC 9420, 17.1: X25519, AES-128-GCM, SHA-256, Ed25519. Messages are sealed alike in the hybrid suite. */
const SUITE = 1
const WARM_UP = 200

export interface CryptoCost {
  /** Median milliseconds of `protect` for a message of so many bytes in a group of two, and of `receive`. */
  readonly protectMs: number
  readonly receiveMs: number
}

export function cryptoCost(bytes: number, count: number): CryptoCost {
  const { mls, committer, receiver } = sceneOf(nodeCrypto(SUITE), 2)
  let [from, to] = [committer, receiver]
  const text = new Uint8Array(bytes)
  const [protecting, receiving]: [number[], number[]] = [[], []]
  for (let i = 0; i < WARM_UP + count; i++) {
    const start = performance.now()
    const { next, message } = protect(mls, from, text)
    const between = performance.now()
    const received = receive(mls, to, message)
    const end = performance.now()
    if (received.kind !== "application") throw new Error(`a message was not read: ${received.kind}`)
    ;[from, to] = [next, received.next]
    if (i < WARM_UP) continue
    protecting.push(between - start)
    receiving.push(end - between)
  }
  return { protectMs: distributionOf(protecting).median, receiveMs: distributionOf(receiving).median }
}
