import type { CryptoProvider } from "@starling/mls"

import type { Fields } from "./fields.ts"
import { cryptoBasics, keySchedule, pskSecret, secretTreeKeys, transcriptHashes } from "./key-checks.ts"
import { deserialization, messages, messageProtection, welcome } from "./message-checks.ts"
import { passiveClient } from "./passive-client-check.ts"
import { treekem, treeMathIndices, treeOperations, treeValidation } from "./tree-checks.ts"

/** Throws where a case does not hold. Kinds of file that name no suite are checked with any. */
type Check = (crypto: CryptoProvider, fields: Fields) => void

const BY_KIND: Readonly<Record<string, Check>> = {
  "crypto-basics": cryptoBasics,
  deserialization,
  "key-schedule": keySchedule,
  "message-protection": messageProtection,
  messages,
  "passive-client-handling-commit": passiveClient,
  "passive-client-random": passiveClient,
  "passive-client-welcome": passiveClient,
  psk_secret: pskSecret,
  "secret-tree": secretTreeKeys,
  "transcript-hashes": transcriptHashes,
  "tree-math": treeMathIndices,
  "tree-operations": treeOperations,
  "tree-validation": treeValidation,
  treekem,
  welcome,
}

export const KINDS: readonly string[] = Object.keys(BY_KIND)

/** What a file holds: the longest kind that is part of its name, as in `treekem.json` or `mine-treekem-2.json`. */
export function kindOf(fileName: string): string | undefined {
  const parts = partsOf(fileName.replace(/\.json$/, ""))
  const fitting = KINDS.filter((kind) => ` ${parts} `.includes(` ${partsOf(kind)} `))
  return fitting.toSorted((a, b) => b.length - a.length)[0]
}

function partsOf(name: string): string {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .join(" ")
}

/** Throws where the case does not hold. */
export function check(kind: string, crypto: CryptoProvider, fields: Fields): void {
  const checkCase = BY_KIND[kind]
  if (checkCase === undefined) throw new RangeError(`${kind} is no kind of vector`)
  checkCase(crypto, fields)
}

/** The suite that a case is for; `undefined` where its kind belongs to none. */
export function suiteOf(kind: string, fields: Fields): number | undefined {
  return WITHOUT_SUITE.has(kind) ? undefined : fields.number("cipher_suite")
}

/** Kinds of file whose cases belong to no suite. */
const WITHOUT_SUITE: ReadonlySet<string> = new Set(["deserialization", "messages", "tree-math"])
