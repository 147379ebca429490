import { createHash } from "node:crypto"
import { equalConstantTime, toBase64url, utf8, type Bytes, type Milliseconds } from "@starling/kernel"

const TOKEN_BYTES = 32
const TOKEN_LIFETIME: Milliseconds = 24 * 3_600_000
const MOST_TOKENS = 32
const MOST_SESSIONS = 256

/** Cookies know no ports: each daemon of this machine has a name of its own, so that one does not overwrite another's. */
export function sessionCookie(port: number): string {
  return `starling-${port}`
}

/**
 * Who may call the local API. A one-time token, carried in the fragment of the UI's link, buys a session, carried in a cookie;
 * the CLI has a key, carried as a bearer. Only hashes are kept and compared; all of it ends with the process.
 */
export class Sessions {
  readonly #random: (length: number, purpose: string) => Bytes
  readonly #now: () => Milliseconds
  readonly #key: string
  readonly #tokens = new Map<string, Milliseconds>()
  readonly #sessions = new Set<string>()

  constructor(options: {
    readonly random: (length: number, purpose: string) => Bytes
    readonly now: () => Milliseconds
  }) {
    this.#random = options.random
    this.#now = options.now
    this.#key = this.#secretText("local API key")
  }

  /** The CLI's key; goes into `api.json` and nowhere else. */
  get key(): string {
    return this.#key
  }

  /** A fresh token for one visit. */
  issueToken(): string {
    const token = this.#secretText("UI token")
    this.#tokens.set(digest(token), this.#now() + TOKEN_LIFETIME)
    trim(this.#tokens, MOST_TOKENS)
    return token
  }

  /** The session that the token buys; `undefined` where it is unknown, used or too old. */
  redeem(token: string): string | undefined {
    const hash = digest(token)
    const until = this.#tokens.get(hash)
    if (until === undefined) return undefined
    this.#tokens.delete(hash)
    if (this.#now() > until) return undefined
    const session = this.#secretText("UI session")
    this.#sessions.add(digest(session))
    trim(this.#sessions, MOST_SESSIONS)
    return session
  }

  isSession(session: string): boolean {
    return this.#sessions.has(digest(session))
  }

  isKey(key: string): boolean {
    return equalConstantTime(utf8(digest(key)), utf8(digest(this.#key)))
  }

  #secretText(purpose: string): string {
    return toBase64url(this.#random(TOKEN_BYTES, purpose))
  }
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex")
}

/** Drops the oldest entries beyond `most`. */
function trim(entries: Map<string, unknown> | Set<string>, most: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return
    entries.delete(key)
  }
}
