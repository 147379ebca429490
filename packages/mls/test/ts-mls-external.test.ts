import { utf8, type Bytes } from "@starling/kernel"
import { createGroup, createGroupInfo, joinExternally, receive } from "@starling/mls"
import { decodeMlsMessage, encodeMlsMessage, signWithLabel } from "@starling/mls/rfc9420"
import { encode } from "@starling/wire"
import {
  acceptAll,
  createGroup as createTheirGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  decodeMlsMessage as decodeTheirs,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage as encodeTheirs,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroupExternal,
  processMessage,
} from "ts-mls"
import { expect, test } from "vitest"

import { expectKind } from "./story.ts"
import { client, world } from "./world.ts"

const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"
/** Seconds since 1970: ts-mls looks at the clock of the machine. */
const PRESENT = BigInt(Math.floor(Date.now() / 1000))
const LIFETIME = { notBefore: PRESENT - 1000n, notAfter: PRESENT + 1000n }
const EXTERNAL_PUB = 4

async function them() {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
  const credential = { credentialType: "basic", identity: utf8("theirs") } as const
  const capabilities = {
    versions: ["mls10" as const],
    ciphersuites: [SUITE as typeof SUITE],
    extensions: [],
    proposals: [],
    credentials: ["basic" as const],
  }
  const { publicPackage, privatePackage } = await generateKeyPackage(
    credential,
    capabilities,
    defaultLifetime,
    [],
    suite,
  )
  return { suite, publicPackage, privatePackage }
}

test("a ts-mls client joins our group by a commit of its own", async () => {
  const mls = world("theirs into ours")
  const alice = createGroup(mls, { ...client(mls, "alice", { lifetime: LIFETIME }), groupId: utf8("ours") })
  // ts-mls 1.6.4 writes and reads this key without its length (RFC 9420, 12.4.3.2 has one).
  const data = mls.crypto.kem.deriveKeyPair(alice.keys.external).publicKey
  const invitation = createGroupInfo(mls, alice, { extensions: [{ type: EXTERNAL_PUB, data }] })
  const [message] = decodeTheirs(invitation, 0) ?? []
  if (message?.wireformat !== "mls_group_info") throw new TypeError("no GroupInfo")
  const { suite, publicPackage, privatePackage } = await them()
  const joined = await joinGroupExternal(message.groupInfo, publicPackage, privatePackage, false, suite)
  const { publicMessage, newState } = joined
  const commit = encodeTheirs({ version: "mls10", wireformat: "mls_public_message", publicMessage })
  const received = expectKind(receive(mls, alice, commit), "commit")
  expect(received.isExternal).toBe(true)
  expect(received.next.epochAuthenticator).toEqual(new Uint8Array(newState.keySchedule.epochAuthenticator))
})

test("a client of ours joins a ts-mls group by a commit of its own", async () => {
  const mls = world("ours into theirs")
  const { suite, publicPackage, privatePackage } = await them()
  const state = await createTheirGroup(utf8("theirs"), publicPackage, privatePackage, [], suite)
  const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], suite)
  const theirs = new Uint8Array(encodeTheirs({ version: "mls10", wireformat: "mls_group_info", groupInfo }))
  const seed = new Uint8Array(privatePackage.signaturePrivateKey).slice(-32)
  const signed = withLength(theirs, (tbs) => signWithLabel(mls.crypto, seed, "GroupInfoTBS", tbs))
  const joined = joinExternally(mls, { ...client(mls, "erin", { lifetime: LIFETIME }), groupInfo: signed })
  if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
  const [commit] = decodeTheirs(joined.commit, 0) ?? []
  if (commit?.wireformat !== "mls_public_message") throw new TypeError("no public message")
  const done = await processMessage(commit, state, emptyPskIndex, acceptAll, suite)
  expect(new Uint8Array(done.newState.keySchedule.epochAuthenticator)).toEqual(joined.state.epochAuthenticator)
})

/** Their GroupInfo with the external public key as the RFC has it, signed anew. */
function withLength(bytes: Bytes, sign: (tbs: Bytes) => Bytes): Bytes {
  const decoded = decodeMlsMessage(bytes)
  if (decoded.kind !== "ok" || decoded.value.kind !== "group-info") throw new TypeError("no GroupInfo")
  const { groupInfo } = decoded.value
  const extensions = groupInfo.extensions.map(({ type, data }) =>
    type === EXTERNAL_PUB ? { type, data: encode((w) => w.opaque(data)) } : { type, data },
  )
  const unsigned = { ...groupInfo, extensions, signature: new Uint8Array(0) }
  const tbs = encodeMlsMessage({ kind: "group-info", groupInfo: unsigned }).slice(4, -1)
  return encodeMlsMessage({ kind: "group-info", groupInfo: { ...unsigned, signature: sign(tbs) } })
}
