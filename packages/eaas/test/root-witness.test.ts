import {
  answerRoots,
  EntropyClientError,
  RootWitness,
  serviceIdOf,
  SigningKey,
  type RootConflict,
} from "@starling/eaas"
import {
  decodeSignedRoots,
  encodeEpochStatement,
  encodeSignedRoots,
  type EpochStatement,
  type SealedEpoch,
} from "@starling/eaas/frames"
import { fc, test as fuzz } from "@fast-check/vitest"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { describe, expect, test } from "vitest"
import { clientOf, enrolledClient, memoryJournal, patience, testPlatform } from "./platform.ts"

/** A platform by its keys alone, which signs whatever it likes. */
function equivocator() {
  const [asKey, pvsKey] = [new SigningKey(osEntropy(32)), new SigningKey(osEntropy(32))]
  const service = serviceIdOf(asKey.publicKey, pvsKey.publicKey)
  const platform = {
    service,
    authentication: { url: "http://as.invalid/", publicKey: asKey.publicKey },
    validation: { publicKey: pvsKey.publicKey },
    localProviders: [],
    embedded: false,
    simulatedSource: true,
    developmentProvingKey: true,
  }
  const sign = (change: Partial<EpochStatement> = {}, by = pvsKey): SealedEpoch => {
    const statement = { ...base, service, nonce: osEntropy(32), ...change }
    const signed = encodeEpochStatement(statement)
    return { ...statement, authenticationSignature: asKey.sign(signed), validationSignature: by.sign(signed) }
  }
  const frame = (...epochs: readonly SealedEpoch[]): Bytes =>
    encodeSignedRoots([{ authenticationKey: asKey.publicKey, validationKey: pvsKey.publicKey, epochs }])
  return { platform, service, sign, frame }
}

const base = {
  epoch: 3,
  revision: 0,
  opensAt: 1_800_000_000_000,
  closesAt: 1_800_086_400_000,
  root: FieldElement.of(5n),
  size: 70,
  leaves: new Uint8Array(32),
  circuit: new Uint8Array(32),
}

const witnessOf = (journal = memoryJournal()) => {
  const told: RootConflict[] = []
  return { witness: new RootWitness(journal, (conflict) => told.push(conflict)), told, journal }
}

const toldBy = (witness: RootWitness): readonly SealedEpoch[] => {
  const decoded = decodeSignedRoots(witness.tell())
  if (decoded.kind === "malformed") throw new Error(decoded.why)
  return decoded.value.flatMap(({ epochs }) => epochs)
}

describe("two peers who were shown two roots for one epoch", () => {
  test("find the conflict when they compare, are told once, and keep both statements across restarts and later epochs", () => {
    const { platform, service, sign } = equivocator()
    const [ana, bo] = [witnessOf(), witnessOf()]
    const [shownToAna, shownToBo] = [sign(), sign()]
    ana.witness.note(platform, shownToAna)
    bo.witness.note(platform, shownToBo)
    expect(ana.witness.conflictOf(service)).toBeUndefined()
    bo.witness.hear(ana.witness.tell())
    bo.witness.hear(ana.witness.tell())
    ana.witness.hear(bo.witness.tell())
    for (const { witness, told, journal } of [ana, bo]) {
      expect(told).toHaveLength(1)
      for (let epoch = 4; epoch < 60; epoch++) witness.note(platform, sign({ epoch }))
      witness.hear(ana.witness.tell())
      const again = witnessOf(journal)
      const evidence = again.witness.conflictOf(service)!.map(({ nonce }) => nonce)
      expect(new Set(evidence)).toEqual(new Set([shownToAna.nonce, shownToBo.nonce]))
      expect(again.told).toEqual([])
      expect(toldBy(again.witness).length).toBeLessThanOrEqual(32)
    }
  })

  test("a third peer, who saw neither, learns of both from one of them", () => {
    const { platform, service, sign, frame } = equivocator()
    const cai = witnessOf()
    cai.witness.note(platform, sign({ epoch: 2 }))
    cai.witness.hear(frame(sign(), sign()))
    expect(cai.witness.conflictOf(service)).toBeDefined()
  })
})

describe("what a peer says changes nothing", () => {
  test("of a platform that this device doesn't use", () => {
    const { witness } = witnessOf()
    const { sign, frame } = equivocator()
    witness.hear(frame(sign(), sign()))
    expect(toldBy(witness)).toEqual([])
  })

  test("that only one of the two servers signed, or another platform", () => {
    const { platform, service, sign, frame } = equivocator()
    const { witness } = witnessOf()
    witness.note(platform, sign())
    witness.hear(frame(sign({}, new SigningKey(osEntropy(32)))))
    witness.hear(frame(equivocator().sign()))
    expect(witness.conflictOf(service)).toBeUndefined()
    expect(toldBy(witness)).toHaveLength(1)
  })

  fuzz.prop([fc.uint8Array({ maxLength: 400 })])("that is garbage", (bytes) => {
    const { witness } = witnessOf()
    witness.hear(bytes)
    expect(answerRoots(bytes, witness.tell())).toEqual(encodeSignedRoots([]))
  })
})

test("a peer is told of the platforms that it named, and of no other", () => {
  const [ours, other] = [equivocator(), equivocator()]
  const { witness } = witnessOf()
  witness.note(ours.platform, ours.sign())
  witness.note(other.platform, other.sign())
  const answer = decodeSignedRoots(answerRoots(ours.frame(), witness.tell()))
  expect(answer).toMatchObject({ value: [{ authenticationKey: ours.platform.authentication.publicKey }] })
  expect(answerRoots(equivocator().frame(), witness.tell())).toEqual(encodeSignedRoots([]))
})

test("a damaged journal is said to be damaged", () => {
  const journal = { ...memoryJournal(), state: new Uint8Array(5) }
  expect(() => new RootWitness(journal)).toThrow(EntropyClientError)
})

describe("a client", () => {
  const never = { prove: async () => await Promise.reject(new Error("no proof was to be made")) }

  test("asks a platform for nothing once two roots are known, and nothing of an epoch older than others were shown", async () => {
    await using at = await testPlatform()
    const { witness } = witnessOf()
    const journal = memoryJournal()
    await enrolledClient(at, never, { journal, witness })
    const client = clientOf(at, never, { journal, witness })
    await client.look(patience)
    const [shown] = toldBy(witness)
    const sign = (change: Partial<EpochStatement>): Bytes => {
      const statement = { ...shown!, ...change }
      const signed = encodeEpochStatement(statement)
      return encodeSignedRoots([
        {
          authenticationKey: at.asKey.publicKey,
          validationKey: at.pvsKey.publicKey,
          epochs: [
            {
              ...statement,
              authenticationSignature: at.asKey.sign(signed),
              validationSignature: at.pvsKey.sign(signed),
            },
          ],
        },
      ])
    }
    const asking = async () =>
      await client.obtain(
        1024,
        patience,
        () => {},
        () => {},
      )
    witness.hear(sign({ revision: shown!.revision + 1 }))
    await expect(asking()).rejects.toMatchObject({ reason: "older-epoch" })
    witness.hear(sign({ nonce: osEntropy(32) }))
    await expect(asking()).rejects.toMatchObject({ reason: "two-roots" })
  })

  test("keeps both where the AS shows it two, one after the other", async () => {
    await using at = await testPlatform()
    const { witness, told } = witnessOf()
    const client = await enrolledClient(at, never, { witness })
    await client.look(patience)
    const rows = await at.database.query("select statement from epochs")
    expect(rows).toHaveLength(1)
    const [shown] = toldBy(witness)
    const statement = { ...shown!, nonce: osEntropy(32) }
    const signed = encodeEpochStatement(statement)
    await at.database.query(
      "update epochs set statement = $1, authentication_signature = $2, validation_signature = $3",
      [signed, at.asKey.sign(signed), at.pvsKey.sign(signed)],
    )
    await expect(client.look(patience)).rejects.toMatchObject({ reason: "two-roots" })
    expect(told).toHaveLength(1)
  })
})
