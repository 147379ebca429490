import { clickChance, errorRate, gain, type LinkModel, type Triple } from "./link-model.ts"

/** Why the ends take the link for watched. No key is made in the round that raised it. */
export type LinkAlarm =
  | { readonly kind: "errors"; readonly basis: "key" | "test"; readonly observed: number; readonly expected: number }
  | { readonly kind: "clicks"; readonly intensity: number; readonly observed: number; readonly expected: number }
  | { readonly kind: "tampering"; readonly why: string }

/** How far a link may wander from what it was measured to be when it was put up: share of the rate. */
const DRIFT = 0.1
/** And by chance, in standard deviations: about once in 10^12 rounds. */
const DEVIATIONS = 7

/** Clicks with equal bases, by intensity, against what the link is known to give. */
export function judgeClicks(clicks: Triple, pulses: number, model: LinkModel): LinkAlarm | undefined {
  const matching = model.keyBasis ** 2 + (1 - model.keyBasis) ** 2
  for (const [i, observed] of clicks.entries()) {
    const intensity = model.intensities[i] ?? 0
    const expected = pulses * matching * (model.probabilities[i] ?? 0) * gain(model, intensity)
    if (Math.abs(observed - expected) > tolerance(expected)) return { kind: "clicks", intensity, observed, expected }
  }
  return undefined
}

/** Wrong bits among those of one basis, all intensities together. Fewer than expected are no cause for alarm. */
export function judgeErrors(
  basis: "key" | "test",
  errors: number,
  clicks: number,
  model: LinkModel,
): LinkAlarm | undefined {
  const expected = clicks * expectedErrorRate(model)
  if (errors <= expected + tolerance(expected)) return undefined
  return { kind: "errors", basis, observed: errors / Math.max(1, clicks), expected: expectedErrorRate(model) }
}

/** Of all clicks with equal bases, on a link that nobody touches. */
export function expectedErrorRate(model: LinkModel): number {
  const wrong = model.intensities.reduce(
    (sum, intensity, i) => sum + (model.probabilities[i] ?? 0) * gain(model, intensity) * errorRate(model, intensity),
    0,
  )
  return wrong / clickChance(model)
}

/** In words, for the log and the operator. */
export function alarmSentence(alarm: LinkAlarm): string {
  switch (alarm.kind) {
    case "errors":
      return `${percent(alarm.observed)} wrong bits in the ${alarm.basis} basis where ${percent(alarm.expected)} are normal: somebody may be listening`
    case "clicks":
      return `${alarm.observed} clicks at intensity ${alarm.intensity} where ${Math.round(alarm.expected)} are normal`
    case "tampering":
      return `the line beside the fibre was tampered with: ${alarm.why}`
  }
}

function tolerance(expected: number): number {
  return DRIFT * expected + DEVIATIONS * Math.sqrt(expected) + DEVIATIONS
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
