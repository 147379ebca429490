import { createHmac, timingSafeEqual } from "node:crypto"

import { z } from "zod"

import type { InstanceWish, SiteOptions } from "./site.ts"

/** What the leading machine asks of one that joined; each is answered once, by its `id`. One JSON object a line. */
export type Question = { readonly id: number } & (
  | { readonly kind: "open"; readonly options: SiteOptions }
  | { readonly kind: "start"; readonly wish: InstanceWish }
  | {
      readonly kind: "ask"
      readonly instance: number
      readonly method: string
      readonly path: string
      readonly body?: unknown
    }
  | { readonly kind: "usage" | "recordings" | "end" }
)

/** What a machine that joined says. `gone`: the instance that was asked is no more. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failed: string; readonly gone: boolean }
  | { readonly instance: number; readonly frame: string }

/** The first line of either side: a fresh nonce, in hexadecimal. */
export const Greeting = z.object({ starling: z.literal("evaluate 1"), nonce: z.string().regex(/^[0-9a-f]{64}$/) })
/** The second: that the token is known. */
export const Proof = z.object({ proof: z.string().regex(/^[0-9a-f]{64}$/) })

/** Of both nonces, so that nothing said in one connection is good in another; `side` keeps one from repeating the other's. */
export function proofOf(token: string, side: "leads" | "joins", nonces: readonly string[]): string {
  return createHmac("sha256", token)
    .update(`${side} ${nonces.join(" ")}`)
    .digest("hex")
}

export function isProof(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}
