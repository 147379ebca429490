import type { IncomingHttpHeaders } from "node:http"
import { Fault } from "./fault.ts"
import { sessionCookie, type Sessions } from "./session.ts"

export type Caller = "bearer" | "session"

const POLICY: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
}

/** Headers of every answer. */
export function securityHeaders(): Iterable<readonly [string, string]> {
  return Object.entries(POLICY)
}

export interface RequestHead {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly cookie: string | undefined
}

/** Turns away what a page of another origin, or a name that resolves to this machine, could send. Throws `Fault` 403. */
export function requireLocal(head: RequestHead, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (head.host === undefined || !hosts.includes(head.host)) {
    throw new Fault(403, "bad-host", `this is served as http://${hosts[0]} alone`)
  }
  if (head.origin !== undefined && head.origin !== `http://${head.host}`) {
    throw new Fault(403, "bad-origin", "pages of other origins may not call this")
  }
}

/** Who calls. Throws `Fault` 401. */
export function identifyCaller(head: RequestHead, sessions: Sessions, port: number): Caller {
  if (head.authorization !== undefined) {
    const [, key] = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(head.authorization) ?? []
    if (key !== undefined && sessions.isKey(key)) return "bearer"
    throw new Fault(401, "bad-token", "this key is not the one in api.json: the daemon may have been started anew")
  }
  const session = readCookie(head.cookie, sessionCookie(port))
  if (session !== undefined && sessions.isSession(session)) return "session"
  throw new Fault(401, "bad-token", "not signed in: open a fresh link, `starling ui` prints one")
}

export function headOf(headers: IncomingHttpHeaders): RequestHead {
  return { host: headers.host, origin: headers.origin, authorization: headers.authorization, cookie: headers.cookie }
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const [key, value] = pair.trim().split("=", 2)
    if (key === name) return value
  }
  return undefined
}
