import type { ApiEvent } from "@starling/peer/contract"

import { followEvents } from "../api/events.ts"
import { refresh } from "./fetching.ts"
import { change, useWorld } from "./store.ts"
import { fold } from "./world.ts"

/** Keeps the store in step with the daemon until `signal` aborts. */
export function follow(signal: AbortSignal): void {
  followEvents(
    {
      opened: () => {
        change((world) => ({ ...world, line: "open" }))
        readAll()
      },
      event: (event) => {
        change((world) => fold(world, event))
        fetchAnnounced(event)
      },
      lost: () => {
        change((world) => (world.line === "signed-out" ? world : { ...world, line: "lost" }))
        // A refused WebSocket does not say why; the status call does.
        refresh.status()
      },
    },
    signal,
  )
}

function readAll(): void {
  refresh.status()
  refresh.groups()
  refresh.invitations()
  refresh.contacts()
  refresh.nearby()
  refresh.entropy()
  const { details, threads } = useWorld.getState()
  for (const group of Object.keys(details)) refresh.group(group)
  for (const group of Object.keys(threads)) refresh.messages(group)
}

function fetchAnnounced(event: ApiEvent): void {
  switch (event.type) {
    case "status":
      return refresh.status()
    case "nearby":
      return refresh.nearby()
    case "contacts":
      return refresh.contacts()
    case "invitations":
      return refresh.invitations()
    case "groups":
      return refresh.groups()
    case "group":
      refresh.groups()
      if (useWorld.getState().details[event.group]) refresh.group(event.group)
      return
    case "message":
      return refresh.groups()
    case "entropy":
      return refresh.entropy()
    case "delivery":
      return
  }
}
