/** Dates and times in the reader's language. Times are milliseconds since 1970 UTC. */

export function clock(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(at)
}

export function dayAndClock(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(at)
}

export function fullTime(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" }).format(at)
}

/** `14:02` on the same day, otherwise a date. */
export function shortTime(at: number, now: number, language: string): string {
  if (sameDay(at, now)) return clock(at, language)
  const near = now - at < 6 * DAY
  return new Intl.DateTimeFormat(language, near ? { weekday: "short" } : { day: "numeric", month: "short" }).format(at)
}

export function dayName(
  at: number,
  now: number,
  language: string,
  words: { today: string; yesterday: string },
): string {
  if (sameDay(at, now)) return words.today
  if (sameDay(at, now - DAY)) return words.yesterday
  return new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(at)
}

/** `3 minutes ago`; a time ahead of this clock counts as now. */
export function ago(at: number, now: number, language: string): string {
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "long" })
  const passed = Math.max(0, now - at)
  if (passed < MINUTE) return words.format(0, "second")
  if (passed < HOUR) return words.format(-Math.floor(passed / MINUTE), "minute")
  if (passed < DAY) return words.format(-Math.floor(passed / HOUR), "hour")
  return words.format(-Math.floor(passed / DAY), "day")
}

export function sameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString()
}

export function bytes(size: number, language: string): string {
  if (size < 1024) return `${new Intl.NumberFormat(language).format(size)} B`
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(size / 1024)} KiB`
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
