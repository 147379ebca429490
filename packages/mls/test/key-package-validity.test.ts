import { utf8 } from "@starling/kernel"
import { createGroupInfo, readKeyPackage, type KeyPackage, type MlsContext } from "@starling/mls"
import { encodeMlsMessage } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { alterKeyPackage, forgeKeyPackage } from "./forgery.ts"
import { scene, type Scene } from "./scene.ts"
import { NOW } from "./world.ts"

const POSITION = { groupId: utf8("a group"), leafIndex: 0 }

test.for<{ section: string; name: string; reason: string; forge: (scene: Scene) => KeyPackage }>([
  {
    section: "10.1",
    name: "of another suite",
    reason: "unsupported-ciphersuite",
    forge: ({ erin }) => alterKeyPackage(erin.keyPackage.keyPackage, 7),
  },
  {
    section: "10.1",
    name: "of another version",
    reason: "unsupported-version",
    forge: ({ erin }) => alterKeyPackage(erin.keyPackage.keyPackage, 5),
  },
  {
    section: "10.1",
    name: "whose signature is wrong",
    reason: "bad-signature",
    forge: ({ erin }) => alterKeyPackage(erin.keyPackage.keyPackage, erin.keyPackage.message.length - 1),
  },
  {
    section: "10.1",
    name: "whose init key is its encryption key",
    reason: "init-key-is-encryption-key",
    forge: ({ mls, erin }) => forgeKeyPackage(mls.crypto, erin, {}, erin.keyPackage.keyPackage.leafNode.encryptionKey),
  },
  {
    section: "5.1.1",
    name: "whose init key is of small order",
    reason: "invalid-public-key",
    forge: ({ mls, erin }) => forgeKeyPackage(mls.crypto, erin, {}, new Uint8Array(32)),
  },
  {
    section: "7.3",
    name: "whose leaf is of another source",
    reason: "wrong-leaf-source",
    forge: ({ mls, erin }) => forgeKeyPackage(mls.crypto, erin, { source: { kind: "update" } }, undefined, POSITION),
  },
  {
    section: "7.3",
    name: "whose time is over",
    reason: "lifetime",
    forge: ({ mls, erin }) => {
      const lifetime = { notBefore: NOW - 2n, notAfter: NOW - 1n }
      return forgeKeyPackage(mls.crypto, erin, { source: { kind: "key-package", lifetime } })
    },
  },
  {
    section: "7.3",
    name: "whose time is yet to come",
    reason: "lifetime",
    forge: ({ mls, erin }) => {
      const lifetime = { notBefore: NOW + 1n, notAfter: NOW + 2n }
      return forgeKeyPackage(mls.crypto, erin, { source: { kind: "key-package", lifetime } })
    },
  },
])("RFC 9420, $section: a key package $name is refused as soon as it is read", ({ section, name, reason, forge }) => {
  const stage = scene(name)
  const message = encodeMlsMessage({ kind: "key-package", keyPackage: forge(stage) })
  expect(readKeyPackage(stage.mls, message, NOW)).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
})

test("RFC 9420, 5.3.1: the credential of a key package is judged as soon as it is read", () => {
  const { mls, alice, erin } = scene("judged")
  const judge: MlsContext = { ...mls, authenticate: () => "not one of ours" }
  const { message } = erin.keyPackage
  expect(readKeyPackage(judge, message, NOW)).toMatchObject({ reason: "credential-rejected" })
  expect(readKeyPackage(mls, message, NOW).kind).toBe("ok")
  expect(readKeyPackage(mls, message.subarray(1), NOW)).toMatchObject({ reason: "malformed" })
  const groupInfo = createGroupInfo(mls, alice)
  expect(readKeyPackage(mls, groupInfo, NOW)).toMatchObject({ reason: "unexpected-wire-format" })
})
