import { expect, test } from "vitest"

import { cutInTwo } from "../src/cut.ts"
import { NetworkLab } from "../src/lab/network-lab.ts"

test.skipIf(!NetworkLab.isPossible())(
  "eight peers cut in two for 20 s agree within 10 s after, and every message is on every screen (needs root and iproute2)",
  { timeout: 300_000 },
  async () => {
    const result = await cutInTwo(20)
    expect(result).toMatchObject({ daemons: 8, lost: 0, duplicated: 0, guestAgrees: true })
    expect(result.secondsToAgreement).toBeLessThanOrEqual(10)
    expect(result.secondsToMessages).toBeLessThanOrEqual(10)
    expect(result.messages).toBeGreaterThan(60)
    expect(new Set(Object.values(result.screens))).toEqual(new Set([result.messages]))
  },
)
