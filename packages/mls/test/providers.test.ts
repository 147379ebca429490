import { utf8 } from "@starling/kernel"
import { createCommit, createGroup, join, protect, receive, type CryptoProvider, type MlsContext } from "@starling/mls"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"
import { decryptWithLabel, encryptWithLabel } from "@starling/mls/rfc9420"
import { describe, expect, test } from "vitest"

import { expectKind } from "./story.ts"
import { client, NOW, seededRandom, SUITES } from "./world.ts"

const PROVIDERS = [
  { name: "sodium", make: (id: (typeof SUITES)[number]) => nodeCrypto(id) },
  { name: "node", make: (id: (typeof SUITES)[number]) => nodeCrypto(id, { sodium: false }) },
  { name: "noble", make: (id: (typeof SUITES)[number]) => nobleCrypto(id) },
] as const

test("a provider says which libraries it is made of, and sodium-native can be left out", () => {
  expect(nodeCrypto(1).primitives).toBe("sodium-native + node:crypto")
  expect(nodeCrypto(1, { sodium: false }).primitives).toBe("node:crypto")
  expect(nodeCrypto(2).primitives).toBe("node:crypto + @noble")
  expect(nodeCrypto(4).primitives).toBe("node:crypto")
  expect(nodeCrypto(6).primitives).toBe("sodium-native + node:crypto")
  expect(nodeCrypto(77).primitives).toBe("sodium-native + node:crypto + @noble")
  expect(nobleCrypto(1).primitives).toBe("@noble")
})

/** What the provider makes of the same bytes. */
function everything(crypto: CryptoProvider) {
  const { kem, signature, aead, suite } = crypto
  const random = seededRandom(`providers ${suite.id}`)
  const draw = (length: number) => random.draw(length, "test")
  const keys = kem.deriveKeyPair(draw(kem.seedLength))
  const ofSecret = kem.deriveKeyPair(draw(suite.hashLength))
  const encapsulated = [keys, ofSecret, keys].map(({ publicKey }) =>
    kem.encapsulate(publicKey, draw(kem.encapsulationSeedLength)),
  )
  const decapsulated = encapsulated.map((each, i) => {
    const { privateKey } = i === 1 ? ofSecret : keys
    return each && [kem.decapsulate(privateKey, each.kemOutput), kem.decapsulate(privateKey.slice(), each.kemOutput)]
  })
  const signer = signature.deriveKeyPair(draw(signature.seedLength))
  const content = draw(200)
  const signatures = [content, content.subarray(1), new Uint8Array(0)].map((each) =>
    signature.sign(signer.privateKey, each),
  )
  const [key, nonce] = [draw(suite.aeadKeyLength), draw(suite.aeadNonceLength)]
  const sealed = [0, 1, 100, 1000].map((length) => aead.seal(key, nonce, draw(length), draw(length)))
  const lengths = [0, 1, suite.hashLength - 1, suite.hashLength, suite.hashLength + 1, 5 * suite.hashLength]
  return {
    keys,
    ofSecret,
    encapsulated,
    decapsulated,
    signer,
    signatures,
    sealed,
    expanded: lengths.map((length) => crypto.expand(draw(suite.hashLength), draw(20), length)),
    macs: [0, 1, 63, 64, 65, 127, 128, 129, 300].map((length) => crypto.hmac(draw(length), draw(length))),
    hashes: [0, 55, 56, 64, 111, 112, 1000].map((length) => crypto.hash(draw(length))),
  }
}

describe.for(SUITES)("suite %i", (id) => {
  test.for(PROVIDERS)("$name makes the same bytes as every other", ({ make }) => {
    const crypto = make(id)
    const made = everything(crypto)
    expect(made).toEqual(everything(nobleCrypto(id)))
    for (const [i, each] of made.encapsulated.entries()) {
      expect(made.decapsulated[i]).toEqual([each?.sharedSecret, each?.sharedSecret])
    }
    for (const each of made.encapsulated) expect(each).toBeDefined()
  })

  test.for(PROVIDERS)("$name opens what it sealed, and nothing that was changed", ({ make }) => {
    const crypto = make(id)
    const { aead, suite, kem, signature } = crypto
    const mls: MlsContext = { crypto, random: seededRandom("sealing"), authenticate: () => undefined }
    const key = new Uint8Array(suite.aeadKeyLength).fill(1)
    const nonce = new Uint8Array(suite.aeadNonceLength).fill(2)
    const associatedData = utf8("associated")
    const sealed = aead.seal(key, nonce, associatedData, utf8("plain"))
    expect(aead.open(key, nonce, associatedData, sealed)).toEqual(utf8("plain"))
    expect(aead.open(key, nonce, utf8("other"), sealed)).toBeUndefined()
    expect(aead.open(key, nonce, new Uint8Array(0), sealed)).toBeUndefined()
    for (const length of [0, 15, 16, sealed.length - 1]) {
      expect(aead.open(key, nonce, associatedData, sealed.subarray(0, length))).toBeUndefined()
    }
    for (let i = 0; i < sealed.length; i++) {
      expect(aead.open(key, nonce, associatedData, sealed.with(i, (sealed[i] ?? 0) ^ 1))).toBeUndefined()
    }
    const keys = kem.deriveKeyPair(mls.random.draw(kem.seedLength, "test"))
    const box = encryptWithLabel(mls, keys.publicKey, "label", utf8("context"), utf8("plain"))
    expect(decryptWithLabel(crypto, keys.privateKey, "label", utf8("context"), box)).toEqual(utf8("plain"))
    expect(decryptWithLabel(crypto, keys.privateKey, "label", utf8("other"), box)).toBeUndefined()
    const kemOutput = box.kemOutput.with(5, (box.kemOutput[5] ?? 0) ^ 1)
    expect(decryptWithLabel(crypto, keys.privateKey, "label", utf8("context"), { ...box, kemOutput })).toBeUndefined()
    for (const length of [0, 31, box.kemOutput.length - 1]) {
      const short = { ...box, kemOutput: box.kemOutput.subarray(0, length).slice() }
      expect(decryptWithLabel(crypto, keys.privateKey, "label", utf8("context"), short)).toBeUndefined()
    }
    const signer = signature.deriveKeyPair(mls.random.draw(signature.seedLength, "test"))
    const signed = signature.sign(signer.privateKey, utf8("content"))
    expect(signature.verify(signer.publicKey, utf8("content"), signed)).toBe(true)
    expect(signature.verify(signer.publicKey, utf8("contend"), signed)).toBe(false)
    expect(signature.verify(signer.publicKey, utf8("content"), signed.with(12, (signed[12] ?? 0) ^ 1))).toBe(false)
    expect(signature.verify(signer.publicKey, utf8("content"), signed.subarray(1))).toBe(false)
    expect(signature.verify(signer.publicKey.subarray(1), utf8("content"), signed)).toBe(false)
    expect(signature.verify(new Uint8Array(0), utf8("content"), signed)).toBe(false)
  })

  test("every seed of the right length gives a key pair that signs, the same with every provider", () => {
    for (const fill of [0x00, 0x01, 0xff]) {
      const seed = new Uint8Array(nobleCrypto(id).signature.seedLength).fill(fill)
      const expected = nobleCrypto(id).signature.deriveKeyPair(seed)
      for (const { make } of PROVIDERS) {
        const { signature } = make(id)
        expect(signature.deriveKeyPair(seed)).toEqual(expected)
        const signed = signature.sign(expected.privateKey, utf8("content"))
        expect(signature.verify(expected.publicKey, utf8("content"), signed)).toBe(true)
      }
    }
  })

  test("a group whose members have different providers talks", () => {
    const worlds = PROVIDERS.map(({ name, make }) => ({
      crypto: make(id),
      random: seededRandom(`mixed ${name}`),
      authenticate: () => undefined,
    }))
    const [founder = unreachable(), ...others] = worlds
    const own = client(founder, "founder")
    const newcomers = others.map((mls, i) => ({ mls, own: client(mls, `newcomer ${i}`) }))
    const proposals = newcomers.map(({ own }) => ({ kind: "add", keyPackage: own.keyPackage.keyPackage }) as const)
    const added = createCommit(founder, createGroup(founder, { groupId: utf8("mixed"), ...own }), {
      proposals,
      now: NOW,
    })
    if (added.kind !== "ok") throw new Error(added.reason)
    const welcome = added.welcome ?? unreachable()
    let members = [
      { mls: founder, state: added.next },
      ...newcomers.map(({ mls, own }) => {
        const joined = join(mls, { welcome, keyPackage: own.keyPackage, signatureKeys: own.signatureKeys })
        if (joined.kind !== "joined") throw new Error(joined.reason)
        return { mls, state: joined.state }
      }),
    ]
    for (const committer of [0, 1, 2]) {
      const { mls, state } = members[committer] ?? unreachable()
      const made = createCommit(mls, state, { proposals: [], now: NOW })
      if (made.kind !== "ok") throw new Error(made.reason)
      members = members.map((member, i) =>
        i === committer
          ? { ...member, state: made.next }
          : { ...member, state: expectKind(receive(member.mls, member.state, made.commit), "commit").next },
      )
      const sent = protect(mls, made.next, utf8(`from ${committer}`))
      for (const [i, member] of members.entries()) {
        if (i === committer) continue
        const received = expectKind(receive(member.mls, member.state, sent.message), "application")
        expect(received.data).toEqual(utf8(`from ${committer}`))
      }
    }
    expect(members[1]?.state.epochAuthenticator).toEqual(members[0]?.state.epochAuthenticator)
    expect(members[2]?.state.epochAuthenticator).toEqual(members[0]?.state.epochAuthenticator)
  })
})

function unreachable(): never {
  throw new Error("unreachable")
}
