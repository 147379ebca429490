import { addContact, addNearby, contactLink, contacts, nearby, safetyNumber, setVerified } from "@starling/messenger"
import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import { NewContact, Verification } from "../contract.ts"
import { Fault } from "../fault.ts"
import { readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"
import { contactOf, knownPeer, nearbyOf } from "../views.ts"

export function contactRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  api.get("/api/contacts/link", (context) => context.json({ link: contactLink(backend.state(), backend.addresses()) }))
  api.get("/api/contacts", (context) => context.json(contacts(backend.state()).map(contactOf)))
  api.get("/api/nearby", (context) => context.json(nearby(backend.state()).map(nearbyOf)))
  api.post("/api/contacts", async (context) => {
    const wanted = await readBody(context, NewContact)
    const contact = backend.act((state, env) =>
      "link" in wanted ? addContact(state, wanted.link, env) : addNearby(state, wanted.peer, env),
    )
    return context.json(contactOf(contact))
  })
  api.get("/api/contacts/:peer/safety-number", (context) => {
    const { identity, name, verified } = knownPeer(backend.state(), context.req.param("peer"))
    const number = safetyNumber(backend.state(), identity, backend.env())
    if (number === undefined) throw new Fault(404, "unknown-peer", "nothing is known of this peer")
    return context.json({ identity, name, safetyNumber: number, verified })
  })
  api.put("/api/contacts/:peer/verification", async (context) => {
    const { verified } = await readBody(context, Verification)
    const peer = context.req.param("peer")
    return context.json(contactOf(backend.act((state, env) => setVerified(state, peer, verified, env))))
  })
}
