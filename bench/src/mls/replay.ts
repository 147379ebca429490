import { operation, type OperationName } from "./operations.ts"
import { recording, type PrimitiveCall } from "./primitive-calls.ts"
import { repeatable, type Repeatable } from "./repeatable.ts"
import type { Scene } from "./scene.ts"

/** The primitive calls that one run of an operation makes. */
export async function primitiveCalls(scene: Scene, name: OperationName): Promise<readonly PrimitiveCall[]> {
  const { crypto, calls } = recording(scene.mls.crypto)
  const once = operation(scene, { ...scene.mls, crypto }, name)
  await once.prepare(1)
  const before = calls.length
  await once.run()
  return calls.slice(before)
}

/** The same calls on the bare provider, one after the other and nothing else. */
export function replay(calls: readonly PrimitiveCall[]): Repeatable {
  return repeatable(
    () => calls.map((call) => call.ready()),
    (ready) => {
      for (const call of ready) call()
    },
  )
}

/** How many there are of each, the most frequent first. */
export function countCalls(calls: readonly PrimitiveCall[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const { primitive } of calls) counts.set(primitive, (counts.get(primitive) ?? 0) + 1)
  return Object.fromEntries([...counts].toSorted((a, b) => b[1] - a[1]))
}
