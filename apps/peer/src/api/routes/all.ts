import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import type { ApiEnv } from "../server.ts"
import { contactRoutes } from "./contacts.ts"
import { entropyRoutes } from "./entropy.ts"
import { groupRoutes } from "./groups.ts"
import { invitationRoutes } from "./invitations.ts"
import { messageRoutes } from "./messages.ts"
import { sessionRoutes } from "./session.ts"
import { settingsRoutes } from "./settings.ts"

/** Every call of docs/api.md. */
export function addRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  sessionRoutes(api, backend)
  contactRoutes(api, backend)
  groupRoutes(api, backend)
  messageRoutes(api, backend)
  invitationRoutes(api, backend)
  entropyRoutes(api, backend)
  settingsRoutes(api, backend)
}
