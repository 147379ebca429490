// Run by what the tarball was installed into: a group of each suite with each provider, all of whose messages must be equal.
import {
  createCommit,
  createGroup,
  createKeyPackage,
  generateSignatureKeyPair,
  join,
  protect,
  receive,
  type CiphersuiteId,
  type CryptoProvider,
  type MlsContext,
} from "@starling/mls"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"

const NOW = 1_800_000_000n
const LIFETIME = { notBefore: NOW - 1n, notAfter: NOW + 1n }
const SUITES: readonly CiphersuiteId[] = [1, 2, 3, 4, 5, 6, 7, 77]

for (const id of SUITES) {
  const stories = [nodeCrypto(id), nodeCrypto(id, { sodium: false }), nobleCrypto(id)].map(story)
  if (new Set(stories).size !== 1) throw new Error(`the providers of suite ${id} disagree`)
}
process.stdout.write(`${SUITES.length} suites`)

/** Everything that is sent, as text. */
function story(crypto: CryptoProvider): string {
  let draws = 0
  const random = {
    draw: (length: number) => crypto.expand(crypto.hash(new Uint8Array([++draws])), bytes("draw"), length),
  }
  const mls: MlsContext = { crypto, random, authenticate: () => undefined }
  const [alice, bob] = [person(mls, "alice"), person(mls, "bob")]
  const keyPackage = createKeyPackage(mls, bob)
  const group = createGroup(mls, { ...alice, groupId: bytes("friends") })
  const proposals = [{ kind: "add", keyPackage: keyPackage.keyPackage }] as const
  const added = createCommit(mls, group, { proposals, now: NOW })
  if (added.kind !== "ok" || added.welcome === undefined) throw new Error("not added")
  const joined = join(mls, { ...bob, keyPackage, welcome: added.welcome })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  const renewed = createCommit(mls, joined.state, { proposals: [], now: NOW })
  if (renewed.kind !== "ok") throw new Error(renewed.reason)
  const followed = receive(mls, added.next, renewed.commit)
  if (followed.kind !== "commit") throw new Error(followed.kind)
  const sent = protect(mls, followed.next, bytes("hello"))
  const received = receive(mls, renewed.next, sent.message)
  if (received.kind !== "application") throw new Error(received.kind)
  return [keyPackage.message, added.commit, added.welcome, renewed.commit, sent.message].join("\n")
}

function person(mls: MlsContext, name: string) {
  const credential = { kind: "basic", identity: bytes(name) } as const
  return { credential, signatureKeys: generateSignatureKeyPair(mls), lifetime: LIFETIME }
}

function bytes(text: string) {
  return new TextEncoder().encode(text)
}
