import type { Context } from "hono"
import type { z } from "zod"
import type { ApiEnv } from "./server.ts"
import { Fault } from "./fault.ts"

/** The call's JSON body. Throws `Fault` 400 or 415. */
export async function readBody<T>(context: Context<ApiEnv>, schema: z.ZodType<T>): Promise<T> {
  const type = context.req.header("content-type") ?? ""
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Fault(415, "not-json", "the body must be application/json")
  let value: unknown
  try {
    value = JSON.parse(await context.req.text())
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault(400, "bad-request", "the body is not JSON", { cause })
  }
  return parse(schema, value)
}

/** `value` as the schema has it. Throws `Fault` 400 that names the first thing wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `
  throw new Fault(400, "bad-request", `${where}${issue?.message ?? "not what this call takes"}`)
}
