import type { Delivery } from "@starling/entropy"

/** The n-th delivery of a story. */
export function delivery(n: number, bytes = 1024): Delivery {
  return {
    id: n.toString(16).padStart(16, "0"),
    source: "homodyne vacuum fluctuation",
    simulated: true,
    path: "loopback tap",
    localProvider: "reading room",
    epoch: 3,
    anonymitySet: 1,
    proofMilliseconds: 812,
    bytes,
    receivedAt: 1_700_000_000_000,
  }
}
