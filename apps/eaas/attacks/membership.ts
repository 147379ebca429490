import { patience } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { toHex } from "@starling/kernel"
import { EnrolmentCode } from "@starling/eaas/frames"
import { commitmentOf, FieldElement, leafOf, MAX_QUOTA, MerkleTree } from "@starling/proof"
import { succeededIf, type Attack } from "./attack.ts"
import { answerTo, currentEpoch, enrol, keyIn, register, requestOf, sound } from "./scene.ts"

const property = "unforgeability"

/** Attacks by who wants to be a member without being one, or to be two. */
export const MEMBERSHIP: readonly Attack[] = [
  {
    id: "free position as a member",
    property,
    name: "acts as the member that a free position of the tree stands for",
    async run(scene) {
      const at = await scene.platform()
      await enrol(at)
      const { leaves } = await currentEpoch(at)
      const leafIndex = leaves.length
      const siblings = MerkleTree.of([...leaves, FieldElement.of(1n)]).path(leafIndex)
      const nobody = { secret: FieldElement.of(0n), trapdoor: FieldElement.of(0n), quota: MAX_QUOTA }
      const { frame } = await requestOf(scene, nobody, { witness: { leafIndex, siblings } })
      return succeededIf(keyIn(await answerTo(at, frame)) !== undefined)
    },
  },
  {
    id: "leaf replaced within an epoch",
    property,
    name: "says that its device is lost, and has a second quota in the same epoch",
    async run(scene) {
      const at = await scene.platform()
      const name = `user ${toHex(osEntropy(8))}`
      const quota = 4
      await register(at, codeIn(await at.as.addUser(name, quota)), commitmentOf(field(), field()))
      await at.as.change(name, { kind: "free" })
      const replaced = commitmentOf(field(), field())
      if (!(await register(at, codeIn(await at.as.renewCode(name)), replaced)))
        throw new Error("the scene is broken: a freed user could not register")
      await at.as.seal(patience)
      return succeededIf((await currentEpoch(at)).leaves.includes(leafOf(replaced, quota)))
    },
  },
]

function field(): FieldElement {
  return FieldElement.fromDigest(osEntropy(32))
}

function codeIn(text: string | undefined): EnrolmentCode {
  return sound(EnrolmentCode.fromText(text ?? ""))
}
