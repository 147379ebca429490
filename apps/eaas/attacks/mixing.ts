import { join } from "node:path"

import { EntropyPool } from "@starling/entropy"
import { openPoolFile, osEntropy } from "@starling/entropy/node"
import { equalBytes, Secret, type Bytes } from "@starling/kernel"
import { succeededIf, type Attack } from "./attack.ts"
import type { Scene } from "./scene.ts"

const property = "confidentiality"

/** Attacks by whoever knows one of the two things that a device's keys are made of. */
export const MIXING: readonly Attack[] = [
  {
    id: "PVS that knows the key",
    property,
    name: "computes a user's draws from the delivered key, which the PVS knows",
    async run(scene) {
      const key = osEntropy(1024)
      const [one, two] = [drawOf(scene, key, osEntropy(32)), drawOf(scene, key, osEntropy(32))]
      return succeededIf(equalBytes(one, two) || Buffer.from(key).includes(Buffer.from(one.slice(0, 8))))
    },
  },
  {
    id: "operating system that is known",
    property,
    name: "computes a user's draws from what the operating system gave",
    async run(scene) {
      const known = osEntropy(32)
      return succeededIf(equalBytes(drawOf(scene, osEntropy(1024), known), drawOf(scene, osEntropy(1024), known)))
    },
  },
]

let pools = 0

/** The first draw of a pool that holds this key, on a system whose generator gives these bytes. */
function drawOf({ folder }: Scene, key: Bytes, known: Bytes): Bytes {
  const delivery = {
    id: "0011223344556677",
    source: "a source",
    simulated: true,
    path: "loopback tap",
    localProvider: "library",
    epoch: 1,
    anonymitySet: 64,
    proofMilliseconds: 0,
    bytes: key.length,
    receivedAt: 0,
  } as const
  using rootKey = new Secret(osEntropy(32))
  using pool = EntropyPool.open({
    file: openPoolFile(join(folder, `pool-${pools++}`)),
    rootKey,
    os: (length) => known.slice(0, length),
    clock: { now: () => 0 },
    policy: "mixed",
    journalOf: () => [],
  })
  pool.fill(key, delivery)
  return pool.draw(32, "a key")
}
