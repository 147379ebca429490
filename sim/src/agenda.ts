/** What is due in virtual time: a heap by time, then by the order in which it was noted. */
export class Agenda<T> {
  readonly #heap: Entry<T>[] = []
  #order = 0

  /** Where two things are due at one time, the one of lower `rank` comes first. */
  add(at: number, what: T, rank = 0): void {
    const entry = { at, rank, order: this.#order++, what }
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
  }

  /** When the next thing is due. */
  get next(): number {
    return this.#heap[0]?.at ?? Infinity
  }

  take(): T | undefined {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (first === undefined || last === undefined) return undefined
    if (first !== last) {
      this.#heap[0] = last
      this.#sink(0)
    }
    return first.what
  }

  #rise(from: number): void {
    for (let i = from; i > 0;) {
      const parent = (i - 1) >> 1
      if (!this.#swapIfBefore(i, parent)) return
      i = parent
    }
  }

  #sink(from: number): void {
    for (let i = from; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      const child = this.#isBefore(right, left) ? right : left
      if (!this.#swapIfBefore(child, i)) return
      i = child
    }
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]]
    if (a === undefined || b === undefined) return false
    return a.at - b.at < 0 || (a.at === b.at && (a.rank - b.rank || a.order - b.order) < 0)
  }

  #swapIfBefore(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]]
    if (a === undefined || b === undefined || !this.#isBefore(i, j)) return false
    this.#heap[i] = b
    this.#heap[j] = a
    return true
  }
}

interface Entry<T> {
  readonly at: number
  readonly rank: number
  readonly order: number
  readonly what: T
}
