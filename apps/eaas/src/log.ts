/** What happened in a role: names of events and figures about the platform, never about a person or a request. */
export type Log = (event: string, figures?: Readonly<Record<string, string | number | boolean>>) => void

/** One JSON object per line. */
export function logTo(write: (line: string) => void, now: () => number): Log {
  return (event, figures = {}) => write(`${JSON.stringify({ at: new Date(now()).toISOString(), event, ...figures })}\n`)
}
