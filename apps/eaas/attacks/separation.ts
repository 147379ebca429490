import { createHash, randomInt } from "node:crypto"

import {
  EntropyClient,
  EntropyClientError,
  HttpAuthentication,
  LoopbackTap,
  type ProverPort,
  type Tap,
} from "@starling/eaas"
import { decodeForwardedRequest, decodeKeyRequest, decodeRegistration } from "@starling/eaas/frames"
import { HOUR, memoryJournal, patience, random } from "@starling/eaas/test-platform"
import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { succeededIf, type Attack } from "./attack.ts"
import { GUESSES, type Joined, type KnownRequest, type KnownUser } from "./join.ts"
import { sound } from "./scene.ts"
import { twoServers, type TwoServers } from "./two-servers.ts"

const USERS = 100
const BYSTANDER = "bystander"
/**
 * Right guesses that chance explains: where there is nothing to go by, each way is right once on average, and more often
 * than eight times with a chance of one in a million.
 */
const LUCK = 8

/** AS and PVS together, with all that they have; proofs are ideal ones, as what is looked at is everything around them. */
export const SEPARATION: Attack = {
  id: "AS and PVS join everything",
  property: "anonymity",
  name: "finds out whose a request is, with the logs, databases, times and sizes of both servers",
  async run(scene) {
    await using servers = await twoServers(scene.proofs)
    const owners = await live(servers, scene.proofs)
    const joined = await joinedBy(servers)
    if (joined.requests.length !== USERS || joined.users.length < USERS) throw new Error("the scene is broken")
    const best = Math.max(...Object.values(GUESSES).map((guess) => rightOnes(guess(joined), owners)))
    const reused = [...servers.atAs.exchanges, ...servers.atPvs.exchanges].some((it) => it.sameConnection)
    return succeededIf(best > LUCK || reused || reachesPvs(joined, servers))
  },
}

/**
 * Everybody registers at some time of a day, asks for a key at once, as a device does, and once more at some time of the
 * next day where that brought none. Gives whose the requests were, by their nullifiers.
 */
async function live(servers: TwoServers, prover: ProverPort): Promise<ReadonlyMap<string, string>> {
  const { clock, as } = servers
  const owners = new Map<string, string>()
  const newcomers = []
  for (let i = 0; i < USERS; i++) newcomers.push(await newcomer(servers, prover, `user ${i}`, owners))
  const bystander = await newcomer(servers, prover, BYSTANDER, owners)
  await bystander.register()
  await as.sealIfDue(patience)
  const morning = clock.time
  for (const it of newcomers.map((it) => ({ ...it, at: morning + somewhen() })).toSorted((a, b) => a.at - b.at)) {
    clock.time = it.at
    await it.register()
    await it.ask()
  }
  clock.time = morning + 24 * HOUR
  await as.sealIfDue(patience)
  const waiting = newcomers.filter(({ name }) => ![...owners.values()].includes(name))
  for (const it of waiting
    .map((it) => ({ ...it, at: morning + 24 * HOUR + somewhen() }))
    .toSorted((a, b) => a.at - b.at)) {
    clock.time = it.at
    await it.ask()
  }
  return owners
}

/** A user who may register; what each of its requests spends is put into `owners`, under its name. */
export async function newcomer(servers: TwoServers, prover: ProverPort, name: string, owners: Map<string, string>) {
  const { platform, clock, as } = servers
  const code = (await as.addUser(name, 4)) ?? ""
  const [localProvider] = platform.localProviders
  if (localProvider === undefined) throw new Error("the scene is broken: no Local Provider")
  const tap = new LoopbackTap(localProvider)
  const noting: Tap = {
    path: tap.path,
    transceive: async (request: Bytes, signal) => {
      owners.set(nullifierIn(request), name)
      return await tap.transceive(request, signal)
    },
    settled: () => {},
  }
  const client = new EntropyClient({
    platform,
    localProvider,
    authentication: new HttpAuthentication(platform),
    tap: noting,
    prover,
    random,
    journal: memoryJournal(),
    clock,
  })
  return {
    name,
    register: async () => await client.register(code, patience),
    /** Where this epoch is without this user, the next one brings a key. */
    ask: async () =>
      await client
        .obtain(
          1024,
          patience,
          () => {},
          () => {},
        )
        .catch((error: unknown) => {
          if (!(error instanceof EntropyClientError && error.reason === "epoch-not-open")) throw error
        }),
  }
}

/** Whether anything of a user came to the PVS: what the AS sends it are sealed epochs, and no more. */
function reachesPvs({ users, keptByPvs }: Joined, { atPvs }: TwoServers): boolean {
  const fromAs = atPvs.exchanges.filter(({ head }) => !head.startsWith("POST\n/pvs/requests\n"))
  if (fromAs.some(({ head }) => !head.startsWith("POST\n/pvs/epochs\n"))) return true
  const all = [...atPvs.exchanges.flatMap(({ head, body }) => [head, body]), ...keptByPvs].join("\n")
  return users.some(({ marks }) => marks.some((mark) => all.includes(mark)))
}

/** What the two servers make of what they have; of the truth, nothing. */
async function joinedBy({ atAs, atPvs }: TwoServers): Promise<Joined> {
  const names = namesByCode(await atAs.rows())
  const users = atAs.exchanges
    .filter(({ head }) => head.startsWith("POST\n/as/registrations\n"))
    .map(({ body }): KnownUser => {
      const { enrolment, commitment } = sound(decodeRegistration(bytesOf(body)))
      const name = names.get(toHex(sha256(enrolment))) ?? ""
      return { name, marks: [toHex(enrolment), toHex(FieldElement.toBytes(commitment))] }
    })
  const requests = atPvs.exchanges
    .filter(({ head }) => head.startsWith("POST\n/pvs/requests\n"))
    .map((exchange): KnownRequest => {
      const { request } = sound(decodeForwardedRequest(bytesOf(exchange.body)))
      return { nullifier: nullifierIn(request), exchange }
    })
  return {
    users: users.filter(({ name }) => name !== BYSTANDER),
    requests,
    atAs: atAs.exchanges,
    keptByPvs: [...(await atPvs.rows()), ...atPvs.log],
  }
}

function namesByCode(rows: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const row of rows) {
    const [, name] = /^name=(.*)$/m.exec(row) ?? []
    const [, digest] = /^enrolment_digest=(.*)$/m.exec(row) ?? []
    if (name !== undefined && digest !== undefined) names.set(digest, name)
  }
  return names
}

function nullifierIn(request: Uint8Array): string {
  return toHex(FieldElement.toBytes(sound(decodeKeyRequest(request)).nullifier))
}

function bytesOf(hex: string): Bytes {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new Error("the scene is broken: a body is no hexadecimal")
  return bytes
}

function sha256(bytes: Uint8Array): Bytes {
  return new Uint8Array(createHash("sha256").update(bytes).digest())
}

function rightOnes(guess: ReadonlyMap<string, string>, owners: ReadonlyMap<string, string>): number {
  return [...owners].filter(([nullifier, name]) => guess.get(nullifier) === name).length
}

/** Some time of a day, in milliseconds. */
function somewhen(): number {
  return (randomInt(24 * 60) + 1) * 60_000 - 30_000
}
