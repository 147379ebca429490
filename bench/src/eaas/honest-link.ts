import {
  asymptoticRate,
  binaryEntropy,
  bootstrapKeys,
  METROPOLITAN,
  repeaterlessBound,
  SimulatedLink,
} from "@starling/eaas/link"
import { osEntropy } from "@starling/entropy/node"

import type { Figure } from "./figure.ts"

const ROUNDS = 3

/** A link that nobody touches: what it yields beside what theory allows, and what that costs this machine. */
export async function* honestLinkFigures(): AsyncGenerator<Figure> {
  using link = new SimulatedLink({ entropy: osEntropy, shared: bootstrapKeys(osEntropy) })
  const sum = { pulses: 0, secret: 0, sifted: 0, errors: 0, disclosed: 0 }
  const before = process.cpuUsage()
  for (let i = 0; i < ROUNDS; i++) {
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
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6

  const rate = sum.secret / sum.pulses
  const asymptotic = asymptoticRate(METROPOLITAN)
  const plob = repeaterlessBound(METROPOLITAN.transmittance)
  const quality = sum.errors / sum.sifted
  const name = "simulated 5 dB link"
  yield { figure: `${name}: secret bits per pulse`, value: significant(rate), unit: "bit", holds: rate <= asymptotic }
  yield { figure: `${name}: asymptotic decoy-state rate`, value: significant(asymptotic), unit: "bit/pulse" }
  yield {
    figure: `${name}: repeaterless bound`,
    value: significant(plob),
    unit: "bit/pulse",
    holds: asymptotic <= plob,
  }
  yield { figure: `${name}: share of the asymptotic rate`, value: significant((100 * rate) / asymptotic), unit: "%" }
  yield { figure: `${name}: errors in the key basis`, value: significant(100 * quality), unit: "%" }
  const shannon = sum.sifted * binaryEntropy(quality)
  yield {
    figure: `${name}: parities told, by Shannon's limit`,
    value: significant(sum.disclosed / shannon),
    unit: "times",
  }
  yield { figure: `${name}: pulses per block`, value: sum.pulses / ROUNDS, unit: "pulse" }
  yield { figure: `${name}: secret bits per block`, value: Math.round(sum.secret / ROUNDS), unit: "bit" }
  yield {
    figure: `${name}: secret bits per CPU second, both ends and the physics`,
    value: Math.round(sum.secret / seconds),
    unit: "bit/s",
  }
  yield { figure: `${name}: CPU per block`, value: significant(seconds / ROUNDS), unit: "s" }
}

function significant(value: number): number {
  return Number(value.toPrecision(4))
}
