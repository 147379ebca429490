import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import type { AuthenticationServer } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { toHex } from "@starling/kernel"
import type { Hono } from "hono"
import { z } from "zod"
import { adminRoutes } from "./http/roles.ts"

/** In the data folder while an AS runs: where its operator's commands reach it, since the database has one user. */
const Door = z.object({ url: z.url(), key: z.string() })

const Problem = z.object({ error: z.object({ message: z.string() }) })

export interface OperatorDoor extends Disposable {
  announce(url: string): void
}

export function openOperatorDoor(folder: string, app: Hono, as: AuthenticationServer): OperatorDoor {
  const path = join(folder, "operator.json")
  const key = toHex(osEntropy(32))
  app.route("/operator", adminRoutes(as, key))
  return {
    announce(url) {
      writeFileSync(path, JSON.stringify({ url, key }), { mode: 0o600 })
      chmodSync(path, 0o600)
    },
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  }
}

/** The command was understood and can't be done; the message is for the operator. */
export class OperatorError extends Error {
  override readonly name = "OperatorError"
}

/** Asks the AS that runs on `folder`. Throws `OperatorError`. */
export async function askOperator(
  folder: string,
  user?: { readonly name: string; readonly quota: number },
): Promise<unknown> {
  const { url, key } = readDoor(folder)
  const response = await fetch(new URL("/operator/users", url), {
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(user !== undefined && { method: "POST", body: JSON.stringify(user) }),
  }).catch((cause: unknown) => {
    throw new OperatorError(`No Authentication Server runs on ${folder}. Start it first.`, { cause })
  })
  const answer: unknown = await response.json()
  if (response.ok) return answer
  throw new OperatorError(
    Problem.safeParse(answer).data?.error.message ?? `The server answers with ${response.status}.`,
  )
}

function readDoor(folder: string): z.infer<typeof Door> {
  try {
    return Door.parse(JSON.parse(readFileSync(join(folder, "operator.json"), "utf8")))
  } catch (cause) {
    throw new OperatorError(`No Authentication Server runs on ${folder}. Start it first.`, { cause })
  }
}
