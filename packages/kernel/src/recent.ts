/** What was worked out lately, by name: at most `limit` values, of which those that nobody asked for go first. */
export class Recent<V> {
  readonly #limit: number
  #recent = new Map<string, V>()
  #older = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(name: string): V | undefined {
    const known = this.#recent.get(name)
    if (known !== undefined) return known
    const older = this.#older.get(name)
    if (older !== undefined) this.set(name, older)
    return older
  }

  set(name: string, value: V): void {
    if (this.#recent.size >= this.#limit / 2) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(name, value)
  }
}
