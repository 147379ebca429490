import { KeyManagementEntity, KeyStock } from "@starling/eaas/kme"
import { bootstrapKeys, SimulatedLink } from "@starling/eaas/link"
import { osEntropy } from "@starling/entropy/node"

import type { FigureModule } from "./figure.ts"

const FRACTIONS = [1, 0.2, 0.05, 0.01]
/** 256 bits. */
const KEY_BYTES = 32

/** Somebody measures a share of the pulses and sends on what she saw: alarms raised, and key that SAEs got. */
export const eavesdropper: FigureModule = {
  name: "eavesdropper",
  async *measure() {
    for (const fraction of FRACTIONS) {
      using link = new SimulatedLink({ entropy: osEntropy, shared: bootstrapKeys(osEntropy) })
      link.interception = { fraction }
      const { source, detector } = await link.round()
      const stocks = [new KeyStock("front"), new KeyStock("back")] as const
      if (source.kind === "key") stocks[0].add(source.key, "distilled")
      if (detector.kind === "key") stocks[1].add(detector.key, "distilled")
      const alarms = [source, detector].filter(({ kind }) => kind === "alarm").length
      const name = `QKD link of which ${100 * fraction} % is intercepted`
      yield { figure: `${name}: ends that raise the alarm`, value: alarms, unit: "of 2" }
      yield { figure: `${name}: errors in the test basis`, value: 100 * (detector.figures?.testErrors ?? 0), unit: "%" }
      const bits = deliveredBits(...stocks)
      yield { figure: `${name}: key delivered`, value: bits, unit: "bit" }
      if (alarms !== 2 || bits > 0) throw new Error("an eavesdropper went unnoticed")
    }
  },
}

/** What an SAE gets that asks its KME, with the link's stock and nothing else behind it. */
function deliveredBits(near: KeyStock, far: KeyStock): number {
  const common = {
    capacity: 65_536,
    random: { draw: (length: number) => osEntropy(length) },
    link: () => ({ simulated: true, alarm: null }),
  }
  using here = new KeyManagementEntity({ ...common, id: "A", localSaes: ["pvs"], remoteSaes: ["lp"], stock: near })
  using there = new KeyManagementEntity({ ...common, id: "B", localSaes: ["lp"], remoteSaes: ["pvs"], stock: far })
  here.connect(there)
  const path = "/api/v1/keys/lp/enc_keys"
  const { status } = here.answer({ sae: "pvs", method: "POST", path, query: new URLSearchParams(), body: {} })
  return status === 200 ? 8 * KEY_BYTES : 0
}
