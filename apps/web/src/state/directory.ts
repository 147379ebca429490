import { useMemo } from "react"

import { safeName, skeleton } from "../text/safe-name.ts"
import { useWorld } from "./store.ts"
import type { World } from "./world.ts"

/** Who is who, from everything that the daemon has told about people. */
export interface Directory {
  /** The name as its owner typed it; undefined for an identity that nobody has told of. */
  readonly nameOf: (identity: string) => string | undefined
  readonly isSelf: (identity: string) => boolean
  readonly isContact: (identity: string) => boolean
  /** Another person known here has a name that can be taken for this one. */
  readonly isAmbiguous: (identity: string, name: string) => boolean
}

type People = Pick<World, "status" | "contacts" | "nearby" | "details">

export function directoryOf({ status, contacts, nearby, details }: People): Directory {
  const names = new Map<string, string>()
  const seen = [
    ...Object.values(details).flatMap((detail) => [...detail.members, ...detail.waiting]),
    ...nearby,
    ...contacts,
    ...(status ? [status] : []),
  ]
  for (const { identity, name } of seen) names.set(identity, name)

  const owners = new Map<string, Set<string>>()
  for (const [identity, name] of names) {
    const shape = skeleton(name)
    owners.set(shape, (owners.get(shape) ?? new Set()).add(identity))
  }
  const known = new Set(contacts.map((contact) => contact.identity))
  return {
    nameOf: (identity) => names.get(identity),
    isSelf: (identity) => identity === status?.identity,
    isContact: (identity) => known.has(identity),
    isAmbiguous: (identity, name) => {
      const alike = owners.get(skeleton(name))
      return safeName(name) === "" || (alike !== undefined && (alike.size > 1 || !alike.has(identity)))
    },
  }
}

export function useDirectory(): Directory {
  const status = useWorld((world) => world.status)
  const contacts = useWorld((world) => world.contacts)
  const nearby = useWorld((world) => world.nearby)
  const details = useWorld((world) => world.details)
  return useMemo(
    () => directoryOf({ ...(status && { status }), contacts, nearby, details }),
    [status, contacts, nearby, details],
  )
}
