import { concat, fromUtf8 } from "@starling/kernel"
import type { Context } from "hono"
import type { z } from "zod"
import type { ApiEnv } from "./server.ts"
import { Fault } from "./fault.ts"

const MOST_BODY_BYTES = 256 * 1024

/** The call's JSON body. Throws `Fault` 400, 413 or 415. */
export async function readBody<T>(context: Context<ApiEnv>, schema: z.ZodType<T>): Promise<T> {
  const { incoming } = context.env
  const type = incoming.headers["content-type"] ?? ""
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Fault(415, "not-json", "the body must be application/json")
  const text = fromUtf8(await readBounded(incoming.iterator({ destroyOnReturn: false })))
  if (text === undefined) throw new Fault(400, "bad-request", "the body is not UTF-8")
  return parse(schema, parseJson(text))
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > MOST_BODY_BYTES) throw new Fault(413, "too-large", `a call takes at most ${MOST_BODY_BYTES} bytes`)
    parts.push(part)
  }
  return concat(...parts)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault(400, "bad-request", "the body is not JSON", { cause })
  }
}

/** `value` as the schema has it. Throws `Fault` 400 that names the first thing wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `
  throw new Fault(400, "bad-request", `${where}${issue?.message ?? "not what this call takes"}`)
}
