import { malformed, ok } from "@starling/kernel"

import type { ApplianceProfile } from "./profile.ts"

const MAX_BYTES = 64 * 1024

/** `GET /api/2.0/streambytes?size=N`: the bytes as they are. The interface has no key; the network has to keep others out. */
export const idq: ApplianceProfile = {
  product: "ID Quantique Quantis Appliance 2.0",
  document: "https://github.com/sebastianardelean/libqrng (src/qrng.c, by the API 2.0 of the appliance)",
  address: undefined,
  authorise: undefined,
  exhausted: undefined,
  ask(length) {
    const bytes = Math.min(length, MAX_BYTES)
    return { path: `api/2.0/streambytes?size=${bytes}`, bytes, maxAnswer: bytes }
  },
  read(body, ask) {
    return body.length === ask.bytes ? ok(body.slice()) : malformed(`${body.length} bytes of ${ask.bytes}`)
  },
}
