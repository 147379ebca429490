import type { ApiError } from "@starling/peer/contract"

/** The daemon answered, and said no. `message` is written for people: what was wrong and what to do. */
export class Refused extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = "Refused"
    this.status = status
    this.code = code
  }
}

/** Nobody answered: the daemon has stopped, or has not started yet. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("no answer from the daemon", { cause })
    this.name = "Unreachable"
  }
}

export type Method = "GET" | "POST" | "PUT" | "DELETE"

/** One call of the local API; throws `Refused` or `Unreachable`. `null` where the answer has no body. */
export async function call<T>(method: Method, path: string, body?: object): Promise<T> {
  const answer = await fetch(`/api/${path}`, {
    method,
    credentials: "same-origin",
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch((cause: unknown) => {
    throw new Unreachable(cause)
  })
  if (!answer.ok) throw await refusal(answer)
  const text = await answer.text()
  return JSON.parse(text === "" ? "null" : text)
}

async function refusal(answer: Response): Promise<Refused> {
  try {
    const { error }: ApiError = await answer.json()
    return new Refused(answer.status, error.code, error.message)
  } catch {
    return new Refused(answer.status, "unreadable", `HTTP ${answer.status}`)
  }
}
