import type { CryptoProvider } from "@starling/mls"

import type { Fields } from "./fields.ts"
import { cryptoBasics, keySchedule, pskSecret, secretTreeKeys, transcriptHashes } from "./key-checks.ts"
import { deserialization, messages, messageProtection, welcome } from "./message-checks.ts"
import { passiveClient } from "./passive-client-check.ts"
import { treekem, treeMathIndices, treeOperations, treeValidation } from "./tree-checks.ts"

/** Throws where a case does not hold. Kinds of file that name no suite are checked with any. */
export type Check = (crypto: CryptoProvider, fields: Fields) => void

/** By the name of the file. */
export const CHECKS: Readonly<Record<string, Check>> = {
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

/** Kinds of file whose cases belong to no suite. */
export const WITHOUT_SUITE: readonly string[] = ["deserialization", "messages", "tree-math"]
