import type { ApiEvent, Message } from "@starling/peer/contract"

import { followEvents } from "../api/events.ts"
import { safeName } from "../text/safe-name.ts"
import { textNow } from "../text/use-text.ts"
import { announce } from "./announcement.ts"
import { refresh } from "./fetching.ts"
import { parseRoute } from "./route.ts"
import { change, useWorld } from "./store.ts"
import { sayNotice } from "./toasts.ts"
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
  refresh.settings()
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
      refresh.groups()
      if (!event.message.mine) announceIfOpen(event.message)
      return
    case "entropy":
      return refresh.entropy()
    case "trouble":
      return sayNotice(safeName(event.message))
    case "delivery":
      return
  }
}

function announceIfOpen({ group, name, text }: Message): void {
  const route = parseRoute(location.hash)
  if (route.page !== "group" || route.group !== group) return
  announce(textNow().chat.incoming(safeName(name) || textNow().nameless, text))
}
