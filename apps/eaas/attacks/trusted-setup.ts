import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { EntropyClientError, Unreachable, type AuthenticationApi, type Tap } from "@starling/eaas"
import { clientOf, enrolledClient, memoryJournal, obtain, tapAt } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { provingKeyIsDevelopment } from "@starling/proof"
import { ARTIFACTS_FOLDER, Prover, ProverFailed } from "@starling/proof/node"
import { UsageError } from "../src/config.ts"
import { signedEpoch } from "./anonymity.ts"
import { succeededIf, type Attack } from "./attack.ts"
import { currentEpoch } from "./scene.ts"
import { startRole, type RoleName } from "./start-role.ts"

const property = "unforgeability"

/** Attacks with keys of the proof system that somebody knows too much about, or made for the purpose. */
export const TRUSTED_SETUP: readonly Attack[] = [
  {
    id: "development key in production",
    property,
    name: "runs a production platform on a proving key whose maker can forge proofs of admission",
    async run({ folder }) {
      if (!provingKeyIsDevelopment) return "refused"
      const production = ["--production", "--data", join(folder, "production")]
      const key = "0".repeat(64)
      const url = "http://127.0.0.1:9/"
      const refusals = [
        await refusalOf("pvs", ["--as-key", key, "--lp-key", key, "--source", "device:/dev/null", ...production]),
        await refusalOf("as", ["--pvs", url, "--pvs-key", key, "--lp", `a=${key}@${url}`, ...production]),
        await refusalOf("lp", ["--pvs", url, ...production]),
      ]
      return succeededIf(refusals.some((refusal) => !refusal.includes("the proving key is a development key")))
    },
  },
  {
    id: "other keys, to a client",
    property,
    name: "has a client prove for another proving key than the one it was delivered with, with both servers in league",
    async run(scene) {
      const at = await scene.platform()
      const journal = memoryJournal()
      await obtain(await enrolledClient(at, scene.proofs, { journal }))
      const { sealed } = await currentEpoch(at)
      const change = { circuit: osEntropy(32), revision: sealed.revision + 1 }
      const shown = signedEpoch((await at.as.newestEpoch()) ?? new Uint8Array(), at, change)
      const authentication: AuthenticationApi = {
        ...at.authentication,
        newestEpoch: async () => shown,
        leaves: async (epoch, _, signal) => await at.authentication.leaves(epoch, sealed.revision, signal),
      }
      let left = false
      const tap: Tap = {
        ...tapAt(at.lps[0]),
        transceive: async () => {
          left = true
          throw new Unreachable("kept back")
        },
      }
      const error: unknown = await obtain(clientOf(at, scene.proofs, { journal, authentication, tap })).catch(
        (error: unknown) => error,
      )
      const told = error instanceof EntropyClientError && error.message.includes("another version of the proof")
      return succeededIf(left || !told)
    },
  },
  {
    id: "foreign proving key",
    property,
    name: "has a client prove with a proving key that was put in the place of the pinned one",
    async run({ folder }) {
      const foreign = join(folder, "artifacts")
      cpSync(ARTIFACTS_FOLDER, foreign, { recursive: true })
      const file = readdirSync(foreign).find((name) => name.endsWith(".zkey"))
      if (file === undefined) throw new Error("the scene is broken: no proving key among the artefacts")
      const bytes = readFileSync(join(foreign, file))
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
      writeFileSync(join(foreign, file), bytes)
      const error: unknown = await Prover.open(foreign).then(
        async (prover) => await prover[Symbol.asyncDispose](),
        (error: unknown) => error,
      )
      return succeededIf(!(error instanceof ProverFailed && error.message.endsWith("is not the pinned one")))
    },
  },
]

/** Why a role doesn't start; empty where it does. */
async function refusalOf(role: RoleName, options: readonly string[]): Promise<string> {
  try {
    await using _ = await startRole(role, options, () => {})
    return ""
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}
