import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"

import { SigningKey } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { fromHex, toHex, wipe } from "@starling/kernel"

const SEED_BYTES = 32

/** The signing key of a role, kept in `folder`; made by the first call, and durable before it is used. */
export function roleKey(folder: string, role: string): SigningKey {
  const path = join(folder, `${role}.key`)
  if (!existsSync(path)) create(folder, path)
  const seed = fromHex(readFileSync(path, "utf8").trim())
  if (seed?.length !== SEED_BYTES) throw new Error(`${path} is no key: it should hold 64 hexadecimal digits`)
  const key = new SigningKey(seed)
  wipe(seed)
  return key
}

function create(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.new`
  const file = openSync(draft, constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC, 0o600)
  const seed = osEntropy(SEED_BYTES)
  writeSync(file, toHex(seed))
  wipe(seed)
  fsyncSync(file)
  closeSync(file)
  renameSync(draft, path)
  const directory = openSync(folder, "r")
  fsyncSync(directory)
  closeSync(directory)
}
