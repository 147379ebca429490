import { expect, test } from "vitest"

import { memberName, type Change } from "./member.ts"
import { Disagreement, MixedGroup } from "./mixed-group.ts"
import { OpenMlsMember } from "./openmls-member.ts"
import { OurMember } from "./our-member.ts"

const RENEWAL: Change = { add: [], remove: [], handshakes: "private" }

test("who is said to be removed and is not is found out, whether its engine tells or it reads on", async () => {
  const [alice, bob] = [new OurMember(memberName(1), 3), new OurMember(memberName(2), 3)]
  const carol = await OpenMlsMember.of(memberName(3))
  const group = await MixedGroup.foundedBy(alice, "removals")
  const adding = { ...RENEWAL, add: [bob.keyPackage, carol.keyPackage] }
  await group.commit(alice, adding, { joining: [bob, carol], leaving: [] })
  await group.commit(alice, RENEWAL, { joining: [], leaving: [carol] })
  await expect(group.talk([alice], false)).rejects.toThrow("openmls-wasm 003 was removed and reads on")
  const commit = group.commit(alice, RENEWAL, { joining: [], leaving: [bob] })
  await expect(commit).rejects.toThrow("ours 002 does not see that it was removed")
})

test("members in different epochs disagree, on what they export and on what they read", async () => {
  const [alice, bob] = [new OurMember(memberName(1), 1), new OurMember(memberName(2), 1)]
  const group = await MixedGroup.foundedBy(alice, "epochs")
  await group.commit(alice, { ...RENEWAL, add: [bob.keyPackage] }, { joining: [bob], leaving: [] })
  await alice.commit(RENEWAL)
  await expect(group.agree()).rejects.toThrow('different secrets: [["ours 001"],["ours 002"]]')
  await expect(group.talk([alice], false)).rejects.toThrow(Disagreement)
})
