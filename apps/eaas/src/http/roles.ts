import { timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"

import type { HttpBindings } from "@hono/node-server"
import { Hono } from "hono"
import { z } from "zod"

import {
  discoveryOf,
  MAX_EPOCH_BYTES,
  type AuthenticationServer,
  type CertifiedUser,
  type LocalProvider,
  type Platform,
  type ValidationApi,
} from "@starling/eaas"
import { PASSAGE_HEADER, passageSentence, type Passage } from "@starling/eaas/channel"
import { encodeRegistrationAnswer } from "@starling/eaas/frames"
import { certificateOf, nameIn } from "../certificates/mutual-tls.ts"
import { canonicalSerial } from "../certificates/revocation-list.ts"
import type { LinkHealth } from "../kme/kme-pair.ts"
import type { PlatformSource } from "../source/platform-source.ts"
import { fault, frameOf, limitBody, sendFrame } from "./frames.ts"

/** The Authentication Server's calls. */
export function authenticationRoutes(as: AuthenticationServer): Hono {
  const number = z
    .string()
    .regex(/^[0-9]{1,9}$/)
    .transform(Number)
  const Seal = z.object({ epoch: number, revision: number })
  return new Hono()
    .post("/registrations", limitBody(), async (context) =>
      sendFrame(context, await as.register(await frameOf(context), context.req.raw.signal)),
    )
    .get("/epochs/newest", async (context) => sendFrame(context, await as.newestEpoch()))
    .get("/epochs/:epoch/:revision/leaves", async (context) => {
      const seal = Seal.safeParse(context.req.param())
      return sendFrame(context, seal.success ? await as.leaves(seal.data.epoch, seal.data.revision) : undefined)
    })
}

/** The one call of users with a certificate, on a server of mutual TLS. */
export function certifiedRoutes(
  as: AuthenticationServer,
  policy: { readonly quota: number; readonly revoked: () => Promise<ReadonlySet<string>> },
): Hono<{ Bindings: HttpBindings }> {
  return new Hono<{ Bindings: HttpBindings }>().post("/registrations/certified", limitBody(), async (context) => {
    const user = certifiedUser(context.env.incoming, await policy.revoked())
    const frame = await frameOf(context)
    return sendFrame(
      context,
      user === undefined
        ? encodeRegistrationAnswer({ kind: "refused", reason: "bad-certificate" })
        : await as.registerCertified(frame, user, policy.quota, context.req.raw.signal),
    )
  })
}

/** Whom a good certificate names: of our authority, in its time, with one name, not revoked. */
function certifiedUser(request: IncomingMessage, revoked: ReadonlySet<string>): CertifiedUser | undefined {
  const certificate = certificateOf(request)
  const name = certificate && nameIn(certificate)
  if (certificate === undefined || name === undefined) return undefined
  const serial = canonicalSerial(certificate.serialNumber)
  if (revoked.has(serial)) return undefined
  return { name, serial, validUntil: Date.parse(certificate.valid_to) }
}

/** The Proof Validation Server's calls: for the AS and the Local Providers, who sign what they send. */
export function validationRoutes(pvs: ValidationApi): Hono {
  return new Hono()
    .post("/requests", limitBody(), async (context) =>
      sendFrame(context, await pvs.request(await frameOf(context), context.req.raw.signal)),
    )
    .post("/epochs", limitBody(MAX_EPOCH_BYTES), async (context) =>
      sendFrame(context, await pvs.countersign(await frameOf(context), context.req.raw.signal)),
    )
}

/** The Local Provider's one call, which stands for a tap. */
export function localProviderRoutes(lp: LocalProvider): Hono {
  return new Hono().post("/requests", limitBody(), async (context) => {
    const told = (passage: Passage): void => context.header(PASSAGE_HEADER, passageSentence(passage))
    return sendFrame(context, await lp.request(await frameOf(context), context.req.raw.signal, told))
  })
}

/** `platform` is asked anew each time: what is known of its source may change. */
export function discoveryRoutes(platform: () => Platform): Hono {
  return new Hono().get("/starling-eaas", (context) => context.json(discoveryOf(platform())))
}

/** Whether keys are to be had, for whoever watches: 503 while the source gives nothing. */
export function healthRoutes(source: PlatformSource): Hono {
  return new Hono().get("/health", (context) => {
    const { health } = source
    return context.json({ version: 1, source: health }, health.state === "failed" ? 503 : 200)
  })
}

/** That this process answers, for whoever restarts it where it doesn't. */
export function aliveRoutes(): Hono {
  return new Hono().get("/health", (context) => context.json({ version: 1 }))
}

/** How the simulated link is, for whoever watches: 503 while the last block raised an alarm. */
export function linkHealthRoutes(health: () => LinkHealth): Hono {
  return new Hono().get("/", (context) => {
    const link = health()
    return context.json({ version: 1, link }, link.state === "alarm" ? 503 : 200)
  })
}

export const NewUser = z.strictObject({ name: z.string().min(1).max(128), quota: z.int().min(1).max(65535) })

/** What an operator changes of a user; with `now`, the open epoch is sealed anew. */
const UserWish = z.strictObject({
  name: z.string().min(1).max(128),
  now: z.boolean().default(false),
  change: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.enum(["withdraw", "restore", "free"]) }),
    z.strictObject({ kind: z.literal("limit"), validUntil: z.number() }),
  ]),
})

/** Lets in the operator's own commands on this machine, which read the key from the data folder. */
export function operatorOnly(key: string): Hono {
  const admin = new Hono()
  admin.use(async (context, next) => {
    if (!sameText(context.req.header("authorization") ?? "", `Bearer ${key}`)) {
      return fault(context, 401, "bad-key", "This needs the operator's key.")
    }
    return await next()
  })
  return admin
}

export function userRoutes(as: AuthenticationServer): Hono {
  return new Hono()
    .get("/users", async (context) => context.json(await as.users()))
    .post("/users", limitBody(), async (context) => {
      const user = NewUser.safeParse(await context.req.json().catch(() => undefined))
      if (!user.success) return fault(context, 400, "malformed", z.prettifyError(user.error))
      const code = await as.addUser(user.data.name, user.data.quota)
      if (code === undefined) return fault(context, 409, "name-taken", `There is a user ${user.data.name} already.`)
      return context.json({ ...user.data, code })
    })
    .post("/users/change", limitBody(), async (context) => {
      const wish = UserWish.safeParse(await context.req.json().catch(() => undefined))
      if (!wish.success) return fault(context, 400, "malformed", z.prettifyError(wish.error))
      const { name, now, change } = wish.data
      if (!(await as.change(name, change))) return fault(context, 404, "unknown-user", `There is no user ${name}.`)
      if (now) await as.seal(context.req.raw.signal)
      const code = change.kind === "free" ? await as.renewCode(name) : undefined
      return context.json({ name, ...(code !== undefined && { code }) })
    })
}

export function sourceRoutes(source: PlatformSource): Hono {
  return new Hono()
    .get("/source", (context) => context.json(source.health))
    .post("/source/restart", limitBody(), async (context) => context.json(await source.restart()))
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
