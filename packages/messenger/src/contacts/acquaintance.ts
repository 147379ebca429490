import type { Device } from "../identity/device-certificate.ts"

/** A peer that introduced itself over a connection. */
export interface Acquaintance {
  readonly device: Device
  readonly name: string
  /** How far its clock is ahead of this one, in milliseconds. */
  readonly clockAhead: number
  readonly address: string
}
