import { randomBytes } from "node:crypto"

import {
  createCommit,
  createGroup,
  createKeyPackage,
  generateSignatureKeyPair,
  join,
  protect,
  receive,
} from "@starling/mls"
import type { MlsContext } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

const mls: MlsContext = {
  crypto: nodeCrypto(1),
  random: { draw: (length) => new Uint8Array(randomBytes(length)) },
  authenticate: () => undefined, // accepts everybody: put your own judgement here
}
const now = BigInt(Math.floor(Date.now() / 1000))
const lifetime = { notBefore: now - 3600n, notAfter: now + 86_400n }
const person = (name: string) => ({
  credential: { kind: "basic", identity: new TextEncoder().encode(name) } as const,
  signatureKeys: generateSignatureKeyPair(mls),
  lifetime,
})

const alice = person("alice")
const bob = person("bob")
const bobsKeyPackage = createKeyPackage(mls, bob)

const group = createGroup(mls, { groupId: new TextEncoder().encode("friends"), ...alice })
const proposals = [{ kind: "add", keyPackage: bobsKeyPackage.keyPackage }] as const
const added = createCommit(mls, group, { proposals, now })
if (added.kind !== "ok" || added.welcome === undefined) throw new Error("not added")

const { signatureKeys } = bob
const joined = join(mls, { welcome: added.welcome, keyPackage: bobsKeyPackage, signatureKeys })
if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)

const sent = protect(mls, added.next, new TextEncoder().encode("hello, Bob"))
const received = receive(mls, joined.state, sent.message)
if (received.kind === "application") process.stdout.write(new TextDecoder().decode(received.data))
