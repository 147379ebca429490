import type { Milliseconds } from "@starling/kernel"

export interface Clock {
  now(): Milliseconds
}
