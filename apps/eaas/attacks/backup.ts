import { join } from "node:path"

import { decodeEpochVerdict } from "@starling/eaas/frames"
import { HOUR, patience, testPlatform, type TestPlatform } from "@starling/eaas/test-platform"
import { FieldElement } from "@starling/proof"
import { PgliteDatabase } from "../src/database/pglite-database.ts"
import { succeededIf, type Attack } from "./attack.ts"
import { answerTo, currentEpoch, enrol, keyIn, requestOf, sound, type Scene } from "./scene.ts"
import { proposalOf } from "./unforgeability.ts"

const property = "unforgeability"

/** Attacks on a PVS whose database was put back from a backup, and which was told so. */
export const BACKUP: readonly Attack[] = [
  {
    id: "double spend over a backup",
    property,
    name: "spends a right again that it spent after the backup was made",
    async run(scene) {
      await using at = await ownPlatform(scene, "double-spend")
      const there = { ...scene, platform: async () => at }
      const member = await enrol(at)
      const [one, two] = [await requestOf(there, member), await requestOf(there, member)]
      if (keyIn(await answerTo(at, one.frame)) === undefined) throw new Error("the scene is broken: no key")
      await at.database.query("delete from issues")
      const pvs = await at.openPvs(at.database, { restored: true })
      const again = keyIn(await answerTo(at, two.frame, 0, pvs))
      // Nor after its next start, which nobody tells.
      const later = keyIn(await answerTo(at, two.frame, 0, await at.openPvs(at.database)))
      return succeededIf(again !== undefined || later !== undefined)
    },
  },
  {
    id: "second statement over a backup",
    property: "anonymity",
    name: "has the PVS sign another list for an epoch that it signed after the backup was made",
    async run(scene) {
      await using at = await ownPlatform(scene, "second-statement")
      await enrol(at)
      at.clock.time += 25 * HOUR
      await at.as.sealIfDue(patience)
      const { sealed } = await currentEpoch(at)
      await at.database.query("delete from sealed_epochs where epoch = $1", [sealed.epoch])
      at.clock.time += HOUR
      const pvs = await at.openPvs(at.database, { restored: true })
      const alone = [FieldElement.of(77n)]
      const verdict = await pvs.countersign(proposalOf(sealed, alone, { revision: sealed.revision }, at.asKey))
      if (sound(decodeEpochVerdict(verdict)).kind === "countersigned") return "succeeded"
      // Epochs that open from then on are signed as ever.
      const opensAt = at.clock.time + 24 * HOUR
      at.clock.time = opensAt
      const next = { epoch: sealed.epoch + 1, revision: 0, opensAt, closesAt: opensAt + 24 * HOUR }
      const after = sound(decodeEpochVerdict(await pvs.countersign(proposalOf(sealed, alone, next, at.asKey))))
      if (after.kind !== "countersigned") throw new Error("the scene is broken: a restored PVS signs nothing any more")
      return "refused"
    },
  },
]

async function ownPlatform({ folder, proofs }: Scene, name: string): Promise<TestPlatform> {
  return await testPlatform({ database: await PgliteDatabase.open(join(folder, name)), verifier: proofs })
}
