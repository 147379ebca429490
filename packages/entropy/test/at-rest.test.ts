import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"

import { gcmsiv } from "@noble/ciphers/aes.js"
import { expand, hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { concat, toHex, utf8, type Bytes } from "@starling/kernel"
import { decode, encode } from "@starling/wire"
import { expect, test } from "vitest"

import { delivery } from "./deliveries.ts"
import { openPool } from "./device.ts"
import { DATA, Disk, SECTOR } from "./disk.ts"
import { Seeded } from "./seeded.ts"

/**
 * A reader of the format that shares nothing with the pool but this description: what an attacker can do who has the
 * root key, a state of the pool, and ciphertext that was kept from any other time.
 */
interface Stolen {
  readonly id: Bytes
  readonly link: Bytes
  readonly firstCell: number
  readonly tags: readonly Bytes[]
}

function steal(file: Uint8Array, slot: 0 | 1): Stolen {
  const key = hkdf(sha256, new Uint8Array(32).fill(9), undefined, utf8("starling pool 1 header"), 32)
  const header = must(
    decode(file.subarray(SECTOR + slot * 20_480, SECTOR + (slot + 1) * 20_480), (reader) => {
      const sequence = reader.fixed(8)
      const tag = reader.fixed(16)
      const ciphertext = reader.opaque()
      reader.fixed(reader.left)
      return { sequence, sealed: concat(ciphertext, tag) }
    }),
  )
  const superblock = concat(utf8("starling pool\n"), Uint8Array.of(0, 1))
  const state = gcmsiv(key, concat(new Uint8Array(4), header.sequence), superblock).decrypt(header.sealed)
  return must(
    decode(state, (reader) => {
      const id = reader.fixed(16)
      reader.uint64()
      const link = reader.fixed(32)
      const firstCell = Number(reader.uint64())
      reader.uint64()
      const tags = reader.vector((cell) => {
        cell.fixed(10)
        return cell.fixed(16)
      })
      reader.fixed(reader.left)
      return { id, link, firstCell, tags }
    }),
  )
}

/** Tries the state's link, and all that follow from it, on a full cell whose number and tag are known. */
function opens({ id, link }: Stolen, number: number, ciphertext: Uint8Array, tag: Uint8Array): boolean {
  const nonce = concat(
    new Uint8Array(4),
    encode((writer) => writer.uint64(BigInt(number))),
  )
  const context = encode((writer) => writer.fixed(id).uint64(BigInt(number)).uint16(1024))
  for (let i = 0, current: Uint8Array = link; i < 128; i++) {
    const key = expand(sha256, current, utf8("cell"), 32)
    current = expand(sha256, current, utf8("next"), 32)
    try {
      gcmsiv(key, nonce, context).decrypt(concat(ciphertext, tag))
      return true
    } catch {
      continue
    }
  }
  return false
}

test("a used cell, kept from before, opens under no later state: neither header holds a key that leads back to it", () => {
  const disk = new Disk()
  using pool = openPool({ disk })
  pool.fill(new Seeded(1).bytes(8192), delivery(1, 8192))
  const before = disk.bytes()
  const earlier = steal(before, 0)
  const used = before.subarray(DATA, DATA + 1024)
  const unused = before.subarray(DATA + 4096, DATA + 5120)

  expect(opens(earlier, 0, used, earlier.tags[0]!)).toBe(true)
  pool.draw(1, "test")
  const after = disk.bytes()
  for (const slot of [0, 1] as const) {
    const later = steal(after, slot)
    expect(later.firstCell).toBe(4)
    expect(opens(later, 0, used, earlier.tags[0]!)).toBe(false)
    expect(opens(later, 4, unused, earlier.tags[4]!)).toBe(true)
  }
})

test("the file shows nothing of what it holds, and a drawn block leaves zeroes", () => {
  const disk = new Disk()
  using pool = openPool({ disk })
  const bytes = new Uint8Array(8192).fill(0x5a)
  pool.fill(bytes, delivery(1, 8192))
  expect(toHex(disk.bytes())).not.toContain("5a5a5a5a")
  expect(new Set(disk.bytes().subarray(DATA, DATA + 4096)).size).toBe(256)
  pool.draw(1, "test")
  expect(new Set(disk.bytes().subarray(DATA, DATA + 4096))).toEqual(new Set([0]))
  expect(
    disk
      .bytes()
      .subarray(DATA + 4096, DATA + 8192)
      .every((byte) => byte === 0),
  ).toBe(false)
})

test("a pool restored from a backup and filled differently repeats no key stream", () => {
  const disk = new Disk()
  openPool({ disk })[Symbol.dispose]()
  const backup = disk.bytes()
  const fillWith = (byte: number): Bytes => {
    const restored = Disk.of(backup)
    using pool = openPool({ disk: restored })
    pool.fill(new Uint8Array(1024).fill(byte), delivery(1))
    return restored.bytes().slice(DATA, DATA + 1024)
  }
  const one = fillWith(1)
  const two = fillWith(2)
  const difference = one.map((byte, i) => byte ^ two[i]!)
  expect(new Set(difference).size).toBeGreaterThan(200)
})

test("the pool of release 0.1 opens", () => {
  const fixture = gunzipSync(readFileSync(new URL("fixtures/pool-0.1.bin.gz", import.meta.url)))
  using pool = openPool({ disk: Disk.of(fixture), policy: "pure" })
  expect(pool.bytes).toBe(3904)
  expect(pool.deliveries()).toEqual([delivery(1, 4096), delivery(2, 4000)])
  const [burned] = pool.takeRecords()
  expect(burned?.eaas).toEqual([{ delivery: delivery(1).id, offset: 0, length: 4096, block: 0 }])
  expect(pool.draw(3904, "test")).toEqual(new Seeded(2).bytes(4000).slice(0, 3904))
})

function must<T>(decoded: { kind: "ok"; value: T } | { kind: "malformed"; why: string }): T {
  if (decoded.kind === "malformed") throw new Error(decoded.why)
  return decoded.value
}
