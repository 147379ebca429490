import type { Exchange } from "./two-servers.ts"

/** A user, as the AS knows it. */
export interface KnownUser {
  readonly name: string
  /** What only this user's registration holds: name, enrolment secret, commitment; the latter two in hexadecimal. */
  readonly marks: readonly string[]
}

/** A request, as the PVS knows it. */
export interface KnownRequest {
  readonly nullifier: string
  readonly exchange: Exchange
}

/** What two servers have when they put together everything that they kept. */
export interface Joined {
  /** In the order in which they registered. */
  readonly users: readonly KnownUser[]
  /** In the order in which they came. */
  readonly requests: readonly KnownRequest[]
  readonly atAs: readonly Exchange[]
  /** Rows and log of the PVS. */
  readonly keptByPvs: readonly string[]
}

/** Says of each request, by its nullifier, whose it is. */
export type Guess = ReadonlyMap<string, string>

interface Sighting {
  readonly user: string
  readonly at: number
  readonly size: number
}

const HOUR = 3_600_000

/** Ways of guessing; each is right once on average where there is nothing to go by. */
export const GUESSES: Readonly<Record<string, (joined: Joined) => Guess>> = {
  "in the order of registration": ({ users, requests }) => pairs(requests, users),
  "in the reverse order": ({ users, requests }) => pairs(requests, users.toReversed()),
  "in the order of nullifiers and of marks": ({ users, requests }) =>
    pairs(
      requests.toSorted((a, b) => compare(a.nullifier, b.nullifier)),
      users.toSorted((a, b) => compare(a.marks.at(-1) ?? "", b.marks.at(-1) ?? "")),
    ),
  "in the order in which rows lie in the database": ({ users, requests, keptByPvs }) => {
    const placeOf = ({ nullifier }: KnownRequest): number => keptByPvs.findIndex((row) => row.includes(nullifier))
    return pairs(
      requests.toSorted((a, b) => placeOf(a) - placeOf(b)),
      users,
    )
  },
  "by what both have seen": ({ users, requests, keptByPvs }) => {
    const seen = (request: KnownRequest): string =>
      [request.exchange.head, request.exchange.body, ...keptByPvs.filter((it) => it.includes(request.nullifier))].join()
    return guess(requests, (request) => users.find(({ marks }) => marks.some((mark) => seen(request).includes(mark))))
  },
  "by who was last seen at the AS": (joined) => {
    const sightings = sightingsIn(joined)
    return guess(joined.requests, ({ exchange }) => {
      const before = sightings.filter(({ at }) => at <= exchange.at)
      return nameOf(before.at(-1))
    })
  },
  "by who was at the AS in the same hour": (joined) => {
    const sightings = sightingsIn(joined)
    const taken = new Set<string>()
    return guess(joined.requests, ({ exchange }) => {
      const hour = Math.floor(exchange.at / HOUR)
      const found = sightings.find(({ at, user }) => Math.floor(at / HOUR) === hour && !taken.has(user))
      if (found !== undefined) taken.add(found.user)
      return nameOf(found)
    })
  },
  "by sizes": (joined) => {
    const sizes = sightingsIn(joined).toSorted((a, b) => a.size - b.size)
    const bySize = joined.requests.toSorted((a, b) => sizeOf(a.exchange) - sizeOf(b.exchange))
    return pairs(
      bySize,
      sizes.map(({ user }) => ({ name: user })),
    )
  },
}

/** Exchanges at the AS that say whose they are, in order. */
function sightingsIn({ users, atAs }: Joined): readonly Sighting[] {
  return atAs.flatMap((exchange) => {
    const user = users.find(({ marks }) =>
      marks.some((mark) => exchange.body.includes(mark) || exchange.head.includes(mark)),
    )
    return user === undefined ? [] : [{ user: user.name, at: exchange.at, size: sizeOf(exchange) }]
  })
}

function pairs(requests: readonly KnownRequest[], users: readonly { readonly name: string }[]): Guess {
  return new Map(requests.map(({ nullifier }, i) => [nullifier, users[i]?.name ?? ""]))
}

function guess(
  requests: readonly KnownRequest[],
  whose: (request: KnownRequest) => { readonly name: string } | undefined,
): Guess {
  return new Map(requests.map((request) => [request.nullifier, whose(request)?.name ?? ""]))
}

function nameOf(sighting: Sighting | undefined): { readonly name: string } | undefined {
  return sighting && { name: sighting.user }
}

function sizeOf({ head, body }: Exchange): number {
  return head.length + body.length / 2
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
