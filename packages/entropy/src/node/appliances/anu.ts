import { malformed, ok } from "@starling/kernel"
import { z } from "zod"

import { parseJson } from "./parse-json.ts"
import { JSON_FRAME, type ApplianceProfile } from "./profile.ts"

const MAX_LENGTH = 1024
const Answer = z.object({
  success: z.literal(true),
  type: z.literal("uint8"),
  length: z.int(),
  data: z.array(z.int().min(0).max(255)).max(MAX_LENGTH),
})

/** `GET /?length=1..1024&type=uint8` with the key in `x-api-key`. */
export const anu: ApplianceProfile = {
  product: "ANU Quantum Numbers",
  document: "https://quantumnumbers.anu.edu.au/documentation",
  address: "https://api.quantumnumbers.anu.edu.au/",
  authorise: (key) => ({ "x-api-key": key }),
  exhausted: undefined,
  ask(length) {
    const bytes = Math.min(length, MAX_LENGTH)
    return { path: `?length=${bytes}&type=uint8`, bytes, maxAnswer: JSON_FRAME + 8 * bytes }
  },
  read(body, ask) {
    const answer = Answer.safeParse(parseJson(body))
    if (!answer.success) return malformed("not the JSON of a successful uint8 request")
    const { data, length } = answer.data
    if (data.length !== ask.bytes || length !== ask.bytes) return malformed(`${data.length} numbers of ${ask.bytes}`)
    return ok(Uint8Array.from(data))
  },
}
