/** What can be measured by doing it again and again. */
export interface Repeatable {
  /** Readies that many runs; not part of what is measured. */
  prepare(runs: number): void | Promise<void>
  /** One of the runs that were readied. A promise only where the work goes on after the return. */
  run(): void | Promise<void>
  /** Readied for one run at a time, at a cost far above that of the run: a member of its own for each. */
  readonly isCostly?: true
}

/** Runs on inputs that are made before, in the order in which they were made. */
export function repeatable<T>(make: () => T, run: (input: T) => void): Repeatable {
  const inputs = new Ready<T>()
  return {
    prepare(runs) {
      inputs.clear()
      for (let i = 0; i < runs; i++) inputs.add(make())
    },
    run: () => run(inputs.next()),
  }
}

/** The same of an engine that answers by promises. */
export function repeatableLater<T>(make: () => T | Promise<T>, run: (input: T) => Promise<void>): Repeatable {
  const inputs = new Ready<T>()
  return {
    async prepare(runs) {
      inputs.clear()
      for (let i = 0; i < runs; i++) inputs.add(await make())
    },
    run: () => run(inputs.next()),
  }
}

class Ready<T> {
  #inputs: T[] = []
  #used = 0

  clear(): void {
    if (this.#used < this.#inputs.length) throw new RangeError("readied again before all runs were done")
    this.#inputs = []
    this.#used = 0
  }

  add(input: T): void {
    this.#inputs.push(input)
  }

  next(): T {
    const input = this.#inputs[this.#used]
    if (this.#used === this.#inputs.length) throw new RangeError("more runs than were readied")
    this.#used++
    return input as T
  }
}
