import {
  asymptoticRate,
  binaryEntropy,
  bootstrapKeys,
  METROPOLITAN,
  repeaterlessBound,
  SimulatedLink,
} from "@starling/eaas/link"
import { osEntropy } from "@starling/entropy/node"

import type { FigureModule } from "./figure.ts"

const NAME = "simulated 5 dB QKD link"

/** A link that nobody touches: what it yields beside what theory allows, and what that costs this machine. */
export const qkdLink: FigureModule = {
  name: "qkd-link",
  async *measure({ repeats }) {
    const rounds = Math.min(3, repeats)
    const before = process.cpuUsage()
    const { pulses, secret, sifted, errors, disclosed } = await sumOfRounds(rounds)
    const { user, system } = process.cpuUsage(before)
    const seconds = (user + system) / 1e6

    const rate = secret / pulses
    const asymptotic = asymptoticRate(METROPOLITAN)
    const repeaterless = repeaterlessBound(METROPOLITAN.transmittance)
    yield { figure: `${NAME}: secret bits`, value: rate, unit: "bit/pulse" }
    yield { figure: `${NAME}: asymptotic decoy-state rate`, value: asymptotic, unit: "bit/pulse" }
    yield { figure: `${NAME}: repeaterless bound`, value: repeaterless, unit: "bit/pulse" }
    yield { figure: `${NAME}: share of the asymptotic rate`, value: (100 * rate) / asymptotic, unit: "%" }
    const quality = errors / sifted
    yield { figure: `${NAME}: errors in the key basis`, value: 100 * quality, unit: "%" }
    const shannon = sifted * binaryEntropy(quality)
    yield { figure: `${NAME}: parities told, by Shannon's limit`, value: disclosed / shannon, unit: "times" }
    yield { figure: `${NAME}: pulses per block`, value: pulses / rounds, unit: "pulses" }
    yield { figure: `${NAME}: secret bits per block`, value: secret / rounds, unit: "bit" }
    yield { figure: `${NAME}: secret bits, both ends and the physics`, value: secret / seconds, unit: "bit/s of CPU" }
    yield { figure: `${NAME}: CPU per block`, value: seconds / rounds, unit: "s" }
    if (rate > asymptotic || asymptotic > repeaterless) throw new Error("more key than theory allows")
  },
}

async function sumOfRounds(rounds: number) {
  using link = new SimulatedLink({ entropy: osEntropy, shared: bootstrapKeys(osEntropy) })
  const sum = { pulses: 0, secret: 0, sifted: 0, errors: 0, disclosed: 0 }
  for (let i = 0; i < rounds; i++) {
    const { source, detector } = await link.round()
    if (source.kind !== "key" || detector.kind !== "key") throw new Error("an honest link gave no key")
    if (Buffer.compare(source.key, detector.key) !== 0) throw new Error("an honest link gave two keys")
    const { pulses, sifted, keyErrors, disclosed } = source.figures
    sum.pulses += pulses
    sum.secret += 8 * source.key.length
    sum.sifted += sifted
    sum.errors += keyErrors * sifted
    sum.disclosed += disclosed
  }
  return sum
}
