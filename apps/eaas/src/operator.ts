import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { osEntropy } from "@starling/entropy/node"
import { toHex } from "@starling/kernel"
import type { Hono } from "hono"
import { z } from "zod"
import { operatorOnly } from "./http/roles.ts"

/** In the data folder while a server runs: where its operator's commands reach it, since the database has one user. */
const Door = z.object({ url: z.url(), key: z.string() })

const Problem = z.object({ error: z.object({ message: z.string() }) })

export interface OperatorDoor extends Disposable {
  announce(url: string): void
}

/** Mounts what an operator may ask of this server, behind a key of its own. */
export function openOperatorDoor(folder: string, app: Hono, ...routes: readonly Hono[]): OperatorDoor {
  const path = join(folder, "operator.json")
  const key = toHex(osEntropy(32))
  const admin = operatorOnly(key)
  for (const route of routes) admin.route("/", route)
  app.route("/operator", admin)
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

/** Asks the server that runs on `folder`; with a body, which may be empty, it is a POST. Throws `OperatorError`. */
export async function askOperator(
  folder: string,
  path: "users" | "users/change" | "source" | "source/restart",
  body?: object,
): Promise<unknown> {
  const { url, key } = readDoor(folder)
  const response = await fetch(new URL(`/operator/${path}`, url), {
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new OperatorError(`No server runs on ${folder}. Start it first.`, { cause })
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
    throw new OperatorError(`No server runs on ${folder}. Start it first.`, { cause })
  }
}
