import type { AuthenticationServer } from "@starling/eaas"
import { decodeSealedEpoch, type SealedEpoch } from "@starling/eaas/frames"

import type { LinkHealth } from "../kme/kme-pair.ts"
import type { PlatformSource } from "../source/platform-source.ts"
import type { ByTheMinute } from "./by-the-minute.ts"
import { figure, figures, type Figure } from "./figure.ts"

export function processFigures(): readonly Figure[] {
  const started = Math.round(Date.now() / 1000 - process.uptime())
  return [
    figure("process_start_time_seconds", "gauge", "When this process started, in seconds since 1970", () => started),
    figure("process_resident_memory_bytes", "gauge", "Memory of this process", () => process.memoryUsage.rss()),
  ]
}

export function authenticationFigures(as: AuthenticationServer): readonly Figure[] {
  const ofEpoch = (name: string, help: string, value: (epoch: SealedEpoch) => number): Figure =>
    figure(name, "gauge", help, async () => {
      const epoch = await newestEpoch(as)
      return epoch && value(epoch)
    })
  return [
    ofEpoch("starling_eaas_epoch", "The newest sealed epoch", ({ epoch }) => epoch),
    ofEpoch("starling_eaas_epoch_revision", "Its revision", ({ revision }) => revision),
    ofEpoch("starling_eaas_set_size", "Its members, among whom each request hides", ({ size }) => size),
    ofEpoch("starling_eaas_epoch_closes_seconds", "When it closes, in seconds since 1970", ({ closesAt }) =>
      Math.round(closesAt / 1000),
    ),
  ]
}

export async function newestEpoch(as: AuthenticationServer): Promise<SealedEpoch | undefined> {
  const frame = await as.newestEpoch()
  const sealed = frame && decodeSealedEpoch(frame)
  if (sealed?.kind === "malformed") throw new TypeError(`the AS gives an epoch that is ${sealed.why}`)
  return sealed?.value
}

export function validationFigures(source: PlatformSource, counts: ByTheMinute): readonly Figure[] {
  const { samples } = source.health
  return [
    figure("starling_eaas_keys_issued_total", "counter", "Keys issued", () => counts.told.get("issued") ?? 0),
    figure(
      "starling_eaas_answers_repeated_total",
      "counter",
      "Answers with a key that was issued before, to whoever asks again",
      () => counts.told.get("repeated") ?? 0,
    ),
    figures("starling_eaas_refusals_total", "counter", "Answers without a key", "reason", () => {
      const refusals = new Map(counts.told)
      for (const answered of ["issued", "repeated"]) refusals.delete(answered)
      return refusals
    }),
    figure("starling_eaas_source_up", "gauge", "1 while the quantum source gives bytes", () =>
      Number(source.health.state !== "failed"),
    ),
    figure("starling_eaas_source_simulated", "gauge", "1 where the source is simulated", () =>
      Number(source.health.simulated),
    ),
    figure(
      "starling_eaas_source_assessed_entropy_bits",
      "gauge",
      "Min-entropy that a sample was assessed to have",
      () => samples.entropyPerByte,
    ),
    figure(
      "starling_eaas_source_estimated_entropy_bits",
      "gauge",
      "Most common value estimate of the last 65536 samples, an upper bound of their min-entropy",
      () => source.health.samples.estimatedEntropyPerByte,
    ),
  ]
}

export function linkFigures(health: () => LinkHealth): readonly Figure[] {
  return [
    figure("starling_eaas_link_up", "gauge", "1 unless the quantum link's last block raised an alarm", () =>
      Number(health().state === "ok"),
    ),
    figure("starling_eaas_link_qber", "gauge", "Error rate of the last block that gave key", () => health().qber),
    figures("starling_eaas_link_stock_bytes", "gauge", "Key in stock", "origin", () => {
      const { distilled, bootstrapped } = health().stock
      return new Map(Object.entries({ distilled, bootstrapped }))
    }),
    figures("starling_eaas_link_blocks_total", "counter", "Blocks of pulses", "outcome", () => {
      return new Map(Object.entries(health().blocks))
    }),
  ]
}
