import type { ValidationApi } from "@starling/eaas"
import { decodeKeyResponse } from "@starling/eaas/frames"
import type { Bytes } from "@starling/kernel"

import type { ByTheMinute } from "./by-the-minute.ts"

/** Counts what a PVS answers: `answered`, or the reason why not. An answer that is fetched again counts again. */
export function counted(validation: ValidationApi, counts: ByTheMinute): ValidationApi {
  return {
    countersign: async (proposal, signal) => await validation.countersign(proposal, signal),
    async request(forwarded, signal, told) {
      const answer = await validation.request(forwarded, signal, told)
      counts.add(outcomeOf(answer))
      return answer
    },
  }
}

function outcomeOf(answer: Bytes): string {
  const decoded = decodeKeyResponse(answer)
  if (decoded.kind === "malformed") return "malformed"
  return decoded.value.kind === "answered" ? "answered" : decoded.value.reason
}
