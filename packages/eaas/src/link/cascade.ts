import { bitAt, blockOf, blocksIn, parityOf, rangeOfBlock, type Pass, type Range } from "./cascade-passes.ts"

/** A block with an odd number of errors, halved until one is left. */
interface Search {
  readonly pass: number
  start: number
  length: number
}

/**
 * The end whose key is corrected to the other's (Brassard and Salvail, EUROCRYPT '93). It asks for parities and learns
 * them; an error that one pass finds shows where earlier passes missed a second one.
 *
 *     asking --learn: no odd block in any pass so far, and no pass left--> done
 */
export class Cascade {
  readonly #key: Uint8Array
  readonly #passes: readonly Pass[]
  /** By pass: the blocks whose parity differs from the other end's. */
  readonly #odd: Set<number>[] = []
  #searches: Search[] = []
  #corrected = 0
  #disclosed = 0

  /** `key` has one bit per byte, and is corrected in place. */
  constructor(key: Uint8Array, passes: readonly Pass[]) {
    this.#key = key
    this.#passes = passes
  }

  /** Errors found so far. */
  get corrected(): number {
    return this.#corrected
  }

  /** Parities asked for so far: bits of the key that the channel tells everybody. */
  get disclosed(): number {
    return this.#disclosed
  }

  /** What to ask next; empty where there is nothing left to ask. */
  questions(): readonly Range[] {
    while (this.#searches.length === 0 && this.#odd.some(({ size }) => size > 0)) this.#searchOdd()
    const questions = this.#searches.length > 0 ? this.#searches.map(leftHalf) : this.#nextPass()
    this.#disclosed += questions.length
    return questions
  }

  /** Takes the other end's parities, one for each of the last questions, in their order. */
  learn(questions: readonly Range[], parities: Uint8Array): void {
    if (parities.length !== questions.length) throw new RangeError("not one parity for each question")
    const differs = questions.map((range, i) => parityOf(this.#key, this.#passes, range) !== parities[i])
    if (this.#searches.length === 0) this.#enterPass(differs)
    else this.#narrow(differs)
  }

  #nextPass(): readonly Range[] {
    const pass = this.#odd.length
    const next = this.#passes[pass]
    if (next === undefined) return []
    return Array.from({ length: blocksIn(next, this.#key.length) }, (_, block) =>
      rangeOfBlock(this.#passes, pass, block, this.#key.length),
    )
  }

  #enterPass(differs: readonly boolean[]): void {
    this.#odd.push(new Set(differs.flatMap((odd, block) => (odd ? [block] : []))))
  }

  /** Blocks of one pass only, whose errors are apart; of the pass with the smallest blocks, where a search is short. */
  #searchOdd(): void {
    const pass = this.#odd.findIndex(({ size }) => size > 0)
    const odd = this.#odd[pass]
    if (odd === undefined) return
    this.#searches = [...odd].map((block) => ({ ...rangeOfBlock(this.#passes, pass, block, this.#key.length) }))
    this.#settle()
  }

  #narrow(differs: readonly boolean[]): void {
    for (const [i, search] of this.#searches.entries()) {
      const half = search.length >>> 1
      if (differs[i] !== true) search.start += half
      search.length = differs[i] === true ? half : search.length - half
    }
    this.#settle()
  }

  /** Corrects the bits that searches have come down to. */
  #settle(): void {
    for (const { pass, start, length } of this.#searches) if (length === 1) this.#flip(pass, start)
    this.#searches = this.#searches.filter(({ length }) => length > 1)
  }

  #flip(pass: number, position: number): void {
    const bits = this.#key.length
    const of = this.#passes[pass]
    if (of === undefined) throw new RangeError("a pass that is none")
    const bit = bitAt(of, position, bits)
    this.#key[bit] = (this.#key[bit] ?? 0) ^ 1
    this.#corrected++
    for (const [i, odd] of this.#odd.entries()) {
      const pass = this.#passes[i]
      if (pass === undefined) continue
      const block = blockOf(pass, bit, bits)
      if (!odd.delete(block)) odd.add(block)
    }
  }
}

/** The other end's answers. */
export function parities(
  key: Uint8Array,
  passes: readonly Pass[],
  questions: readonly Range[],
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(questions, (range) => parityOf(key, passes, range))
}

function leftHalf({ pass, start, length }: Search): Range {
  return { pass, start, length: length >>> 1 }
}
