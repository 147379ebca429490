import { wipe, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import type { PoolFile } from "./pool-file.ts"
import { SLOT, slotOffset, SUPERBLOCK } from "./pool-layout.ts"
import { decodePoolState, encodePoolState } from "./pool-state-codec.ts"
import type { PoolState } from "./pool-state.ts"
import { seal, TAG, unseal, type Sealed } from "./seal.ts"

/**
 * The two places of the state. A write goes to the one that the pool does not live from, so that at any moment one of
 * them is whole:
 *
 *     write(n+1) to the older → barrier by the caller → settle: n+1 also over n, without a barrier
 *
 * The copy erases the link that state n held. A copy that fails changes nothing else: the next write goes over it.
 */
export class HeaderSlots {
  readonly #file: PoolFile
  readonly #key: Uint8Array
  #current: 0 | 1
  #sequence: number
  #written: Bytes | undefined

  constructor(file: PoolFile, key: Uint8Array, found?: FoundState) {
    this.#file = file
    this.#key = key
    this.#current = found?.slot ?? 1
    this.#sequence = found?.sequence ?? 0
  }

  /** Writes the state into the older place; it counts once a barrier has passed. */
  write(state: PoolState): void {
    const plaintext = encodePoolState(state)
    const slot = new Uint8Array(SLOT)
    slot.set(encodeSlot(this.#sequence + 1, seal(this.#key, this.#sequence + 1, SUPERBLOCK, plaintext)))
    wipe(plaintext)
    this.#written = undefined
    this.#file.write(slotOffset(this.#older()), slot)
    this.#written = slot
  }

  /** After the barrier: what was written is the state, and takes the other place too. */
  settle(): void {
    if (this.#written === undefined) throw new Error("no state was written since the last barrier")
    this.#current = this.#older()
    this.#sequence += 1
    const written = this.#written
    this.#written = undefined
    try {
      this.#file.write(slotOffset(this.#older()), written)
    } catch {
      // The barrier has passed: the state holds, and the next one to be written goes over this place first.
    }
  }

  #older(): 0 | 1 {
    return this.#current === 0 ? 1 : 0
  }
}

export interface FoundState {
  readonly slot: 0 | 1
  readonly sequence: number
  readonly state: PoolState
}

/** The newest state that the key vouches for, or `undefined` where neither place holds one. */
export function findState(file: PoolFile, key: Uint8Array): FoundState | undefined {
  const a = readSlot(file, key, 0)
  const b = readSlot(file, key, 1)
  if (a === undefined || b === undefined) return a ?? b
  return b.sequence > a.sequence ? b : a
}

function readSlot(file: PoolFile, key: Uint8Array, slot: 0 | 1): FoundState | undefined {
  const read = decodeSlot(file.read(slotOffset(slot), SLOT))
  if (read.kind === "malformed") return undefined
  const { sequence, sealed } = read.value
  const plaintext = unseal(key, sequence, SUPERBLOCK, sealed)
  if (plaintext === undefined) return undefined
  const state = decodePoolState(plaintext)
  wipe(plaintext)
  return state.kind === "ok" ? { slot, sequence, state: state.value } : undefined
}

/** `uint64 sequence; opaque tag[16]; opaque ciphertext<V>`, then zeroes up to the end of the slot. */
function encodeSlot(sequence: number, sealed: Sealed): Bytes {
  return encode((writer) => writer.uint64(BigInt(sequence)).fixed(sealed.tag).opaque(sealed.ciphertext), SLOT)
}

function decodeSlot(slot: Uint8Array): Decoded<{ readonly sequence: number; readonly sealed: Sealed }> {
  return decode(slot, (reader) => {
    const sequence = Number(reader.uint64())
    const tag = reader.fixed(TAG)
    const ciphertext = reader.opaque(SLOT)
    reader.fixed(reader.left)
    return { sequence, sealed: { tag, ciphertext } }
  })
}
