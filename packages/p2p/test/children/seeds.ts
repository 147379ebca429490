import { createHash } from "node:crypto"

import { Secret } from "@starling/kernel"

export const LOOPBACK = "/ip4/127.0.0.1/tcp/0"

export function seed(name: string): Secret {
  return new Secret(createHash("sha256").update(name).digest())
}

export function patience(milliseconds = 10_000): AbortSignal {
  return AbortSignal.timeout(milliseconds)
}
