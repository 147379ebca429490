import type { HealthTestName } from "./health-test.ts"

/** Why a source gives nothing: a test alarmed on its samples, or the device can't be read as its interface says. */
export type SourceFault = HealthTestName | DeviceFault

/**
 * `unplugged`: the device is gone or gives no end of nothing. `short read`: fewer bytes than were asked for. `too slow`:
 * nothing within the time allowed. `refused`: the key or the request isn't taken. `exhausted`: its stock or our quota is
 * used up. `malformed answer`: not what the interface document says. `broken`: none of these, see the cause.
 */
export type DeviceFault =
  | "unplugged"
  | "short read"
  | "too slow"
  | "unreachable"
  | "certificate"
  | "refused"
  | "exhausted"
  | "server error"
  | "malformed answer"
  | "broken"

/** A source failed. It gives nothing more until an operator restarts it, and nothing takes its place. */
export class SourceFailed extends Error {
  override readonly name = "SourceFailed"
  readonly source: string
  readonly fault: SourceFault
  /** For the operator. It holds no key, and nothing that a device sent. */
  readonly detail: string

  constructor(source: string, fault: SourceFault, detail: string, options?: ErrorOptions) {
    super(`the source "${source}" failed: ${fault} (${detail})`, options)
    this.source = source
    this.fault = fault
    this.detail = detail
  }
}
