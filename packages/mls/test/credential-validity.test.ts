import { utf8 } from "@starling/kernel"
import { createCommit, createGroupInfo, joinExternally, type Credential, type GroupState } from "@starling/mls"
import { leafAt } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { forgeKeyPackage } from "./forgery.ts"
import { scene, type Scene } from "./scene.ts"
import { client, NOW } from "./world.ts"

const X509 = { kind: "x509", certificates: [utf8("a certificate")] } as const satisfies Credential
const REFUSED = { kind: "refused", reason: "credential-not-supported", section: "RFC 9420, 7.3" }

/** A newcomer who shows this credential and supports these. */
function newcomer({ mls }: Scene, name: string, credential: Credential, credentials = [1, 2]) {
  const own = client(mls, name)
  const capabilities = { ...own.keyPackage.keyPackage.leafNode.capabilities, credentials }
  return { kind: "add", keyPackage: forgeKeyPackage(mls.crypto, own, { credential, capabilities }) } as const
}

/** Alice's group after she added one of them. */
function joinedBy({ mls, alice }: Scene, add: ReturnType<typeof newcomer>): GroupState {
  const made = createCommit(mls, alice, { proposals: [add], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  return made.next
}

test("RFC 9420, 7.3: a type of credential that one member shows is supported by all, wherever they are in the tree", () => {
  const stage = scene("wherever")
  const { mls, alice } = stage
  const people = ["erin", "frank", "grace", "heidi"].map((name) => newcomer(stage, name, basic(name)))
  const modern = newcomer(stage, "ivan", X509)
  const dated = newcomer(stage, "judy", basic("judy"), [1])
  const attempt = (proposals: typeof people) => createCommit(mls, alice, { proposals, now: NOW })
  for (let one = 0; one < people.length; one++) {
    expect(attempt(people.with(one, modern)).kind).toBe("ok")
    for (let other = 0; other < people.length; other++) {
      if (other !== one) expect(attempt(people.with(one, modern).with(other, dated))).toEqual(REFUSED)
    }
  }
})

test("RFC 9420, 7.3: a committer's own new leaf still supports the credentials of the others", () => {
  const stage = scene("drops support")
  const { mls, alice } = stage
  const capabilities = leafAt(alice.tree, alice.ownLeafIndex)?.capabilities
  if (capabilities === undefined) throw new Error("no leaf")
  const renewal = { proposals: [], leaf: { capabilities: { ...capabilities, credentials: [1] } }, now: NOW }
  expect(createCommit(mls, alice, renewal).kind).toBe("ok")
  expect(createCommit(mls, joinedBy(stage, newcomer(stage, "ivan", X509)), renewal)).toEqual(REFUSED)
})

test("RFC 9420, 7.3: who joins from outside shows a credential that every member supports", () => {
  const stage = scene("from outside")
  const { mls, alice, erin } = stage
  const join = (state: GroupState, credential: Credential) =>
    joinExternally(mls, { ...erin, credential, groupInfo: createGroupInfo(mls, state, { externalPub: true }) })
  const dated = joinedBy(stage, newcomer(stage, "judy", basic("judy"), [1]))
  expect(join(alice, X509).kind).toBe("joined")
  expect(join(dated, erin.credential).kind).toBe("joined")
  expect(join(dated, X509)).toEqual(REFUSED)
})

function basic(name: string): Credential {
  return { kind: "basic", identity: utf8(name) }
}
