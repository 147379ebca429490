import { writeSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import crypto from "node:crypto"

/** Prints how often loading the providers, and having every suite made, asks the platform for random bytes. */
let asked = 0
const count = (): never => {
  asked++
  throw new Error("the platform was asked for randomness")
}
Object.defineProperty(globalThis.crypto, "getRandomValues", { value: count })
Object.assign(crypto, { randomBytes: count, randomFillSync: count, randomFill: count })
syncBuiltinESMExports()

const { nodeCrypto } = await import("@starling/mls/node")
const { nobleCrypto } = await import("@starling/mls/noble")
for (const id of [1, 2, 3, 4, 5, 6, 7, 77] as const) {
  nodeCrypto(id)
  nodeCrypto(id, { sodium: false })
  nobleCrypto(id)
}
writeSync(1, `${asked}`)
