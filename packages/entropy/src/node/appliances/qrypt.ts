import { concat, malformed, ok } from "@starling/kernel"
import { z } from "zod"

import { parseJson } from "./parse-json.ts"
import { JSON_FRAME, type ApplianceProfile } from "./profile.ts"

const BLOCK = 1024
const MAX_BLOCKS = 512
const Answer = z.object({ random: z.array(z.base64()).max(MAX_BLOCKS), size: z.int() })

/** `GET /api/v1/quantum-entropy?size=1..512`, in blocks of 1024 bytes, with a bearer token. */
export const qrypt: ApplianceProfile = {
  product: "Qrypt Quantum Entropy",
  document: "https://docs.qrypt.com/eaas/",
  address: "https://api-eus.qrypt.com/",
  authorise: (key) => ({ authorization: `Bearer ${key}` }),
  exhausted: undefined,
  ask(length) {
    const blocks = Math.min(Math.ceil(length / BLOCK), MAX_BLOCKS)
    const bytes = blocks * BLOCK
    return { path: `api/v1/quantum-entropy?size=${blocks}`, bytes, maxAnswer: JSON_FRAME + 2 * bytes }
  },
  read(body, ask) {
    const answer = Answer.safeParse(parseJson(body))
    if (!answer.success) return malformed("not the JSON of a quantum-entropy request")
    const blocks = answer.data.random.map((text) => Buffer.from(text, "base64"))
    const bytes = concat(...blocks)
    const whole = blocks.every((block) => block.length === BLOCK) && answer.data.size * BLOCK === ask.bytes
    return whole && bytes.length === ask.bytes ? ok(bytes) : malformed(`${bytes.length} bytes of ${ask.bytes}`)
  },
}
