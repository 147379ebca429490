import type { ContentfulStatusCode } from "hono/utils/http-status"

/** A call that is refused: its HTTP status, a code for programs, a message for people (what was wrong, what to do). */
export class Fault extends Error {
  override readonly name = "Fault"
  readonly status: ContentfulStatusCode
  readonly code: string

  constructor(status: ContentfulStatusCode, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
  }
}
