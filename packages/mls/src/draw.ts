import type { Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"

/** `length` bytes of the injected source. A source that gives another number is broken, and no key is made of it. */
export function draw(mls: MlsContext, length: number, purpose: string): Bytes {
  const bytes = mls.random.draw(length, purpose)
  if (bytes.length !== length)
    throw new RangeError(`${bytes.length} random bytes for ${purpose}, where ${length} were asked for`)
  return bytes
}
