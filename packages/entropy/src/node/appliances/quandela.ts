import { concat, malformed, ok } from "@starling/kernel"
import { z } from "zod"

import { parseJson } from "./parse-json.ts"
import { JSON_FRAME, type ApplianceProfile } from "./profile.ts"

const MAX_BYTES = 16 * 1024
/** No classical device reaches more (Clauser, Horne, Shimony and Holt), and no quantum one more than 2√2. */
const CLASSICAL = 2
const Answer = z.object({
  jobs: z
    .array(
      z.object({
        id: z.string(),
        bytes: z.base64(),
        chsh: z.number(),
        min_entropy: z.number(),
      }),
    )
    .max(1024),
})

/**
 * `GET /qt/qrng/bytes?count=N` with a bearer token. Each part of the answer comes with the CHSH value that was measured
 * for it, the maker's word for its quantum origin: one that a classical device reaches too is refused. 404 says that the
 * stock is empty.
 */
export const quandela: ApplianceProfile = {
  product: "Quandela Entropy",
  document: "https://api.cloud.quandela.com/openapi.json (v2.8.0-rc4, /qt/qrng/bytes)",
  address: "https://api.cloud.quandela.com/",
  authorise: (key) => ({ authorization: `Bearer ${key}` }),
  exhausted: 404,
  ask(length) {
    const bytes = Math.min(length, MAX_BYTES)
    return { path: `qt/qrng/bytes?count=${bytes}`, bytes, maxAnswer: 64 * JSON_FRAME + 2 * bytes }
  },
  read(body, ask) {
    const answer = Answer.safeParse(parseJson(body))
    if (!answer.success) return malformed("not the JSON of QrngBytesOutput")
    const { jobs } = answer.data
    const classical = jobs.find(({ chsh }) => !(chsh > CLASSICAL && chsh <= 2 * Math.SQRT2))
    if (classical !== undefined) return malformed(`a CHSH value of ${classical.chsh} shows no quantum origin`)
    const bytes = concat(...jobs.map((job) => Buffer.from(job.bytes, "base64")))
    return bytes.length === ask.bytes ? ok(bytes) : malformed(`${bytes.length} bytes of ${ask.bytes}`)
  },
}
