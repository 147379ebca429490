import { Refused } from "./call.ts"
import { api } from "./client.ts"

/**
 * Trades the one-time token of the address (`#t=TOKEN`) for a cookie. The token leaves the address bar and the history
 * before anything else happens.
 */
export async function openSession(): Promise<void> {
  const token = /^#t=(.+)$/.exec(location.hash)?.[1]
  if (token === undefined) return
  history.replaceState(null, "", `${location.pathname}#/`)
  try {
    await api.openSession(decodeURIComponent(token))
  } catch (fault) {
    // A token that was used already: the cookie that it bought may still be there, and the first call will tell.
    if (!(fault instanceof Refused)) throw fault
  }
}
