import { expect, test } from "vitest"

import { answered, requested } from "@starling/messenger"
import { decodeAnswer, decodeOperation, decodeSyncAnswer, encodeSyncAnswer, okAnswer } from "@starling/messenger/parts"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

/** Whatever `liar` answers to `person`, it says that it is out. */
function claimToBeOut(liar: Person, person: Person): void {
  person.overheard = (effect) => {
    if (effect.kind !== "request" || effect.protocol !== "sync" || effect.peerId !== liar.peerId) return
    liar.world.after(0, () => {
      const step = requested(liar.state, "sync", effect.payload, person.peerId, liar.env())
      const answer = decodeAnswer(step.answer)
      const told = answer.kind === "ok" ? decodeSyncAnswer(answer.value.body) : answer
      if (told.kind !== "ok" || !("tip" in told.value)) return
      const payload = okAnswer(encodeSyncAnswer({ ...told.value, out: true }))
      person.input((state, env) => answered(state, effect.token, { kind: "answer", payload }, env))
    })
  }
}

function countRemovals(person: Person, group: string): number {
  const { records } = person.state.durable.groups.get(group)!
  return records.filter(({ kind, body }) => {
    const operation = kind === 1 ? decodeOperation(crypto, body) : undefined
    return operation?.kind === "ok" && operation.value.change.kind === "remove"
  }).length
}

test(
  "who says again and again that it is out is added anew a few times a day, and nobody's own renewal waits for it",
  { timeout: 120_000 },
  () => {
    const { world, people, group } = gather(131, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    claimToBeOut(mallory, alice)
    claimToBeOut(mallory, bob)
    world.run(30 * 60_000)
    expect(countRemovals(alice, group)).toBeGreaterThan(0)
    expect(countRemovals(alice, group)).toBeLessThan(10)
    const before = bob.detail(group).epoch
    bob.heal(group)
    expect(bob.detail(group).epoch).toBe(before + 1)
    alice.overheard = () => undefined
    bob.overheard = () => undefined
    bob.send(group, "still a group")
    world.run(60_000)
    expectOneState(group, alice, bob)
    expectTexts(group, ["still a group"], alice, bob)
  },
)
