import { equalBytes, toHex } from "@starling/kernel"

/** Throws where two values differ in what they hold: bytes, numbers, texts, lists and plain objects of such. */
export function equal(actual: unknown, expected: unknown): void {
  if (!same(actual, expected)) throw new Error(`${shown(actual)} in place of ${shown(expected)}`)
}

export function ok(value: unknown): asserts value {
  if (value === false || value === undefined) throw new Error("does not hold")
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b)
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b)
  const [ofA, ofB] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))]
  return ofA.length === ofB.size && ofA.every(([name, value]) => ofB.has(name) && same(value, ofB.get(name)))
}

function shown(value: unknown): string {
  const text = value instanceof Uint8Array ? toHex(value) : (JSON.stringify(value) ?? "nothing")
  return text.length > 100 ? `${text.slice(0, 100)}... (${text.length})` : text
}
