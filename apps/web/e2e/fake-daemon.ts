import { readFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"

import { GroupPolicy, NewGroup, NewRole, type ApiEvent, type Contact, type Message } from "@starling/peer/contract"
import { WebSocketServer } from "ws"

import { contactOf, memberOf } from "./people.ts"
import type { Story } from "./stories.ts"

const MIME: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
}

/** What the daemon sends with every answer (docs/api.md): the UI is only ever tested under it. */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
}

export const TOKEN = "one-time-token"

class Fault extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Speaks docs/api.md out of memory, for the browser tests of this folder alone: no key, no network, no disk. */
export class FakeDaemon implements AsyncDisposable {
  readonly story: Story
  /** `POST …/messages` waits for this. */
  sendGate: Promise<void> = Promise.resolve()
  /** Calls seen, as `METHOD path`. */
  readonly calls: string[] = []
  tokenSpent = false
  readonly #server
  readonly #sockets
  readonly #folder: string
  #lastId = 0

  constructor(folder: string, story: Story) {
    this.#folder = folder
    this.story = story
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#sockets = new WebSocketServer({ server: this.#server, path: "/api/events" })
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve))
    return `http://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  emit(event: ApiEvent): void {
    for (const socket of this.#sockets.clients) socket.send(JSON.stringify(event))
  }

  /** Somebody else's message arrives. */
  receive(message: Message): void {
    this.#thread(message.group).push(message)
    const group = this.#group(message.group)
    group.unread += 1
    group.lastMessage = message
    this.emit({ type: "message", message })
  }

  deliver(group: string, id: string, delivery: NonNullable<Message["delivery"]>): void {
    const thread = this.#thread(group)
    const index = thread.findIndex((message) => message.id === id)
    thread[index] = { ...thread[index]!, delivery }
    this.emit({ type: "delivery", group, id, delivery })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    try {
      if (!url.pathname.startsWith("/api/")) return await this.#file(url.pathname, response)
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}
      const path = url.pathname.slice(5)
      this.calls.push(`${request.method} ${path}`)
      if (path === "session") {
        if (body.token !== TOKEN || this.tokenSpent)
          throw new Fault(401, "bad-token", "This link was used already. Get a fresh one with `starling ui`.")
        this.tokenSpent = true
        response.writeHead(204, { ...HEADERS, "set-cookie": "starling=good; HttpOnly; SameSite=Strict; Path=/" }).end()
        return
      }
      if (!request.headers.cookie?.includes("starling=good")) throw new Fault(401, "bad-token", "Not signed in.")
      const result = await this.#call(
        request.method ?? "GET",
        path.split("/").map(decodeURIComponent),
        body,
        url.searchParams,
      )
      if (result === undefined) response.writeHead(204, HEADERS).end()
      else response.writeHead(200, { ...HEADERS, "content-type": "application/json" }).end(JSON.stringify(result))
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      response
        .writeHead(fault.status, { ...HEADERS, "content-type": "application/json" })
        .end(JSON.stringify({ error: { code: fault.code, message: fault.message } }))
    }
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const name = path === "/" ? "index.html" : path.slice(1)
    const content = await readFile(join(this.#folder, name)).catch(() => undefined)
    if (content === undefined) response.writeHead(404, HEADERS).end()
    else
      response
        .writeHead(200, { ...HEADERS, "content-type": MIME[extname(name)] ?? "application/octet-stream" })
        .end(content)
  }

  async #call(method: string, path: string[], body: Record<string, unknown>, query: URLSearchParams): Promise<unknown> {
    const [area = "", id, part, peer] = path
    switch (area) {
      case "status":
        return this.story.status
      case "profile":
        if (String(body["name"]).includes("\u0000"))
          throw new Fault(400, "bad-name", "A name can't hold control characters.")
        this.story.status = { ...this.story.status, name: String(body["name"]) }
        return this.story.status
      case "settings":
        if (method === "PUT") this.story.settings = { ...this.story.settings, ...body }
        return this.story.settings
      case "nearby":
        return this.story.nearby
      case "contacts":
        return this.#contacts(method, id, part, body)
      case "groups":
        return await this.#groups(method, { group: id, part, peer }, body, query)
      case "invitations":
        if (id === undefined) return this.story.invitations
        return this.#decide(id, part === "accept")
      case "entropy":
        return this.#entropy(method, id, query)
      default:
        throw new Fault(404, "unknown", "There is no such call.")
    }
  }

  #contacts(method: string, id: string | undefined, part: string | undefined, body: Record<string, unknown>): unknown {
    if (id === "link") return { link: this.story.link }
    if (id === undefined && method === "GET") return this.story.contacts
    if (id === undefined) {
      const found = this.story.nearby.find(
        ({ identity, peerId }) => body["peer"] === identity || body["peer"] === peerId,
      )
      if (found === undefined && !String(body["link"]).startsWith("starling://contact#"))
        throw new Fault(
          400,
          "bad-link",
          "This is not a contact link: it should begin with starling://contact#. Ask for it again.",
        )
      const contact: Contact = contactOf(found ?? { identity: "z".repeat(52), peerId: "12D3KooWZoe", name: "Zoe" }, {
        online: found !== undefined,
      })
      this.story.contacts = [...this.story.contacts, contact]
      this.story.nearby = this.story.nearby.map((one) =>
        one.identity === contact.identity ? { ...one, contact: true } : one,
      )
      this.emit({ type: "contacts" })
      return contact
    }
    const all = this.story.contacts
    const contact = all.find(({ identity }) => identity === id)
    if (contact === undefined) throw new Fault(404, "unknown-contact", "This person is not among your contacts.")
    if (part === "safety-number")
      return { ...contact, safetyNumber: "492810337465019283746510293847561029384756102938475610293847" }
    const changed = { ...contact, verified: body["verified"] === true }
    this.story.contacts = all.map((one) => (one === contact ? changed : one))
    for (const detail of Object.values(this.story.details))
      detail.members = detail.members.map((one) => (one.identity === id ? { ...one, verified: changed.verified } : one))
    return changed
  }

  async #groups(
    method: string,
    { group, part, peer }: { group: string | undefined; part: string | undefined; peer: string | undefined },
    body: Record<string, unknown>,
    query: URLSearchParams,
  ): Promise<unknown> {
    if (group === undefined) {
      if (method === "GET") return this.story.groups
      const { name, policy } = NewGroup.extend({ policy: GroupPolicy.optional() }).parse(body)
      return this.story.addGroup(`5b1c5f0e-0000-4000-8000-00000000000${this.story.groups.length}`, name, policy)
    }
    const summary = this.#group(group)
    const detail = this.story.details[group]!
    switch (part) {
      case undefined:
        return this.story.detailOf(group)
      case "timeline":
        return this.story.timelines[group]
      case "messages":
        return method === "GET" ? this.#messages(group, query) : await this.#send(group, String(body["text"]))
      case "read":
        summary.unread = 0
        return undefined
      case "heal":
        summary.epoch += 1
        this.story.heal(group, summary.epoch)
        this.emit({ type: "group", group })
        return { group, epoch: summary.epoch }
      case "invitations": {
        const online = this.story.nearby.some(({ identity }) => identity === body["peer"])
        const who = [...this.story.contacts, ...this.story.nearby].find(({ identity }) => identity === body["peer"])!
        if (online) detail.members = [...detail.members, memberOf(who, { pending: true })]
        else detail.waiting = [...detail.waiting, { identity: who.identity, name: who.name }]
        summary.members = detail.members.length
        this.emit({ type: "group", group })
        return { group, peer: body["peer"], state: online ? "invited" : "waiting" }
      }
      case "mailboxes": {
        const link = String(body["link"])
        if (method === "POST" && !link.startsWith("starling://mailbox#"))
          throw new Fault(400, "bad-mailbox", "This is no valid mailbox link. Copy the whole link and try again.")
        const others = detail.mailboxes.filter(({ peerId }) => peerId !== peer)
        const added = { peerId: "12D3KooWMailboxOfTheChoir", addresses: [], connected: true }
        detail.mailboxes = method === "POST" ? [...others, added] : others
        this.emit({ type: "group", group })
        return { group, peerId: added.peerId }
      }
      case "policy":
        detail.policy = GroupPolicy.parse(body)
        this.emit({ type: "group", group })
        return { group }
      case "members":
        if (method === "PUT") {
          const { role } = NewRole.parse(body)
          detail.members = detail.members.map((one) => (one.identity === peer ? { ...one, role } : one))
          this.emit({ type: "group", group })
          return { group }
        }
        detail.members = detail.members.filter(({ identity }) => identity !== peer)
        summary.members = detail.members.length
        this.emit({ type: "group", group })
        return { group, epoch: summary.epoch }
      case "leave":
        summary.state = detail.state = "left"
        this.emit({ type: "group", group })
        return { group }
      default:
        throw new Fault(404, "unknown", "There is no such call.")
    }
  }

  #messages(group: string, query: URLSearchParams): readonly Message[] {
    const thread = this.#thread(group)
    const before = query.get("before")
    const end = before === null ? thread.length : thread.findIndex(({ id }) => id === before)
    const limit = Number(query.get("limit") ?? thread.length)
    return thread.slice(Math.max(0, end - limit), end)
  }

  async #send(group: string, text: string): Promise<{ id: string }> {
    await this.sendGate
    if (text === "too much") throw new Fault(413, "too-long", "This message is too long. Send it in parts.")
    this.#lastId += 1
    const { identity, name } = this.story.status
    const message: Message = {
      id: `sent${this.#lastId}`,
      group,
      from: identity,
      name,
      text,
      at: Date.now(),
      epoch: this.#group(group).epoch,
      mine: true,
      delivery: {
        reached: 0,
        delivered: 0,
        recipients: this.story.details[group]!.members.length - 1,
        read: 0,
        mailboxes: 0,
      },
    }
    this.#thread(group).push(message)
    this.#group(group).lastMessage = message
    this.emit({ type: "message", message })
    return { id: message.id }
  }

  #decide(group: string, accepted: boolean): { group: string } {
    const invitation = this.story.invitations.find((one) => one.group === group)!
    this.story.invitations = this.story.invitations.filter((one) => one !== invitation)
    if (accepted) this.story.addGroup(group, invitation.name)
    this.emit({ type: "invitations" })
    return { group }
  }

  #entropy(method: string, part: string | undefined, query: URLSearchParams): unknown {
    if (part === "deliveries") return this.story.deliveries
    if (part === "draws") {
      const limit = Number(query.get("limit") ?? 100)
      if (query.get("newest") !== null) return this.story.draws.slice(-limit)
      const after = Number(query.get("after") ?? 0)
      return this.story.draws.filter(({ sequence }) => sequence > after).slice(0, limit)
    }
    if (part === "refill" && method === "POST") {
      const { pool } = this.story.entropy
      this.story.entropy = {
        ...this.story.entropy,
        pool: { ...pool, bytes: Math.min(pool.capacity, pool.bytes + 8192) },
      }
      this.emit({ type: "entropy" })
      return { bytes: 8192 }
    }
    return this.story.entropy
  }

  #thread(group: string): Message[] {
    return this.story.threads[group]!
  }

  #group(group: string): Story["groups"][number] {
    const found = this.story.groups.find((one) => one.group === group)
    if (found === undefined) throw new Fault(404, "unknown-group", "This group is not on this device.")
    return found
  }
}
