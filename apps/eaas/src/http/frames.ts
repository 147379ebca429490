import { Hono, type Context } from "hono"
import { bodyLimit } from "hono/body-limit"
import type { ContentfulStatusCode } from "hono/utils/http-status"

import { MAX_FRAME_BYTES, Unreachable } from "@starling/eaas"
import type { Bytes } from "@starling/kernel"
import type { Log } from "../log.ts"

/** An app whose faults are JSON, whose connections serve one exchange, and which nobody may cache or embed. */
export function emptyApp(log: Log): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    context.header("connection", "close")
    context.header("cache-control", "no-store")
    context.header("x-content-type-options", "nosniff")
    context.header("referrer-policy", "no-referrer")
  })
  app.notFound((context) => fault(context, 404, "not-found", "There is nothing at this address."))
  app.onError((error, context) => {
    if (error instanceof Unreachable)
      return fault(context, 503, "unreachable", "A part of the platform can't be reached.")
    // The message may hold what a person sent; the kind of fault doesn't.
    log("request failed", { fault: error.name })
    return fault(context, 500, "internal", "The server failed. Its log says more.")
  })
  return app
}

/** Lets no more than `max` bytes in. */
export function limitBody(max = MAX_FRAME_BYTES) {
  return bodyLimit({
    maxSize: max,
    onError: (context) => fault(context, 413, "oversized", `At most ${max} bytes are taken here.`),
  })
}

export function fault(context: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return context.json({ error: { code, message } }, status)
}

export async function frameOf(context: Context): Promise<Bytes> {
  return new Uint8Array(await context.req.arrayBuffer())
}

export function sendFrame(context: Context, frame: Bytes | undefined): Response {
  if (frame === undefined) return fault(context, 404, "not-found", "There is no such thing yet.")
  return context.body(frame, 200, { "content-type": "application/octet-stream" })
}
