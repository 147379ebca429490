import { Unreachable } from "../ports.ts"
import { EntropyClientError } from "./entropy-client-error.ts"

/** Adapters throw `Unreachable`; people read `EntropyClientError`. */
export async function reach<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await call
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof Unreachable) throw new EntropyClientError("unreachable", { cause })
    throw cause
  }
}
