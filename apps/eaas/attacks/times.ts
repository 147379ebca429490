import { forwardOf } from "@starling/eaas/test-platform"
import type { Milliseconds } from "@starling/kernel"
import { ByTheMinute } from "../src/operations/by-the-minute.ts"
import { succeededIf, type Attack } from "./attack.ts"
import { enrol, requestOf } from "./scene.ts"
import { newcomer } from "./separation.ts"
import { twoServers } from "./two-servers.ts"

const property = "anonymity"
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Attacks by whoever reads later what the servers kept of when somebody came, or looks on at their figures. */
export const TIMES: readonly Attack[] = [
  {
    id: "times that are kept",
    property,
    name: "reads from a server's database or log when somebody registered or asked for a key, more closely than the epoch",
    async run(scene) {
      await using servers = await twoServers(scene.proofs)
      const { as, atAs, atPvs, clock } = servers
      const began = Date.now()
      const user = await newcomer(servers, scene.proofs, "ana", new Map())
      const registered = clock.time
      await user.register()
      // Long before and long after anything that an epoch's own times are near to.
      clock.time += 5 * HOUR
      await as.sealIfDue(AbortSignal.timeout(MINUTE))
      clock.time += 7 * HOUR
      const asked = clock.time
      await user.ask()
      clock.time += 7 * HOUR
      const kept = [...(await atAs.rows()), ...atAs.log, ...(await atPvs.rows()), ...atPvs.log]
      if (!kept.some((row) => row.startsWith("issues\n"))) throw new Error("the scene is broken: no key was issued")
      const moments = [registered, asked, began] as const
      return succeededIf(kept.some((row) => timesIn(row).some((time) => moments.some((it) => isNear(time, it)))))
    },
  },
  {
    id: "counts by the second",
    property,
    name: "reads from the figures of the PVS in which second a key was issued",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      const start = Math.ceil(at.clock.time / MINUTE) * MINUTE
      const clock = { time: start, now: () => clock.time }
      const counts = new ByTheMinute(clock.now)
      const pvs = await at.openPvs(at.database, { observe: (outcome) => counts.add(outcome) })
      const told = (): string => [...counts.told].join()
      clock.time += 20_000
      const before = told()
      await pvs.request(forwardOf(at, frame), AbortSignal.timeout(MINUTE))
      const seconds = Array.from({ length: 39 }, () => {
        clock.time += 1_000
        return told()
      })
      clock.time = start + MINUTE
      if (told() === before) throw new Error("the scene is broken: nothing is counted")
      return succeededIf(seconds.some((it) => it !== before))
    },
  },
]

/** Within half an hour, which is far less than an epoch. */
function isNear(time: Milliseconds, moment: Milliseconds): boolean {
  return Math.abs(time - moment) < HOUR / 2
}

/** Everything in a row or a line of a log that can be read as a time: dates, numbers, and eight bytes of what is binary. */
function timesIn(text: string): readonly Milliseconds[] {
  const dates = text.match(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g) ?? []
  const numbers = text.match(/(?<![0-9a-f])\d{10,16}(?![0-9a-f])/g) ?? []
  const binary = text.match(/(?<![0-9a-f])(?:[0-9a-f]{2}){8,}(?![0-9a-f])/g) ?? []
  return [
    ...dates.map((date) => Date.parse(date)),
    ...numbers.flatMap((number) => [Number(number), Number(number) * 1000, Number(number) / 1000]),
    ...binary.flatMap((hex) => integersIn(Buffer.from(hex, "hex"))),
  ]
}

function integersIn(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length - 7 }, (_, i) => [
    Number(bytes.readBigUInt64BE(i)),
    Number(bytes.readBigUInt64LE(i)),
  ]).flat()
}
