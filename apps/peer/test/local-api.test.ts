import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { ApiClient } from "../src/cli/api-client.ts"
import { startDaemon } from "../src/daemon/compose.ts"
import type { Daemon } from "../src/daemon/daemon.ts"

interface Peer {
  readonly daemon: Daemon
  readonly api: ApiClient
}

/** A whole daemon in this process, on loopback, without mDNS and EaaS. */
async function peer(name: string | undefined, more: { readonly headless?: boolean } = {}): Promise<Peer> {
  const dataFolder = mkdtempSync(join(tmpdir(), "starling-api-"))
  const daemon = await startDaemon(
    {
      dataFolder,
      name,
      port: 0,
      listen: ["/ip4/127.0.0.1/tcp/0"],
      eaas: { kind: "off" },
      policy: "mixed",
      fillTo: 0.5,
      headless: more.headless ?? true,
      mdns: false,
      tap: { kind: "loopback" },
      branch: undefined,
      plainTopics: false,
      mailbox: false,
      log: (text) => expect.fail(text),
    },
    new AbortController().signal,
  )
  onTestFinished(async () => {
    await daemon[Symbol.asyncDispose]()
    rmSync(dataFolder, { recursive: true, force: true })
  })
  return { daemon, api: ApiClient.connect(dataFolder) }
}

const NOBODY = "a".repeat(52)
const NOWHERE = "00000000-0000-4000-8000-000000000000"

test.for([
  { method: "get", path: `/api/groups/${NOWHERE}`, code: "unknown-group" },
  { method: "get", path: "/api/groups/nonsense", code: "bad-request" },
  { method: "get", path: `/api/groups/${NOWHERE}/messages`, code: "unknown-group" },
  { method: "get", path: `/api/groups/${NOWHERE}/timeline`, code: "unknown-group" },
  { method: "post", path: `/api/groups/${NOWHERE}/messages`, body: { text: "hello" }, code: "unknown-group" },
  { method: "post", path: `/api/groups/${NOWHERE}/heal`, code: "unknown-group" },
  { method: "post", path: `/api/groups/${NOWHERE}/leave`, code: "unknown-group" },
  { method: "post", path: `/api/groups/${NOWHERE}/invitations`, body: { peer: NOBODY }, code: "unknown-group" },
  { method: "delete", path: `/api/groups/${NOWHERE}/members/${NOBODY}`, code: "unknown-group" },
  {
    method: "put",
    path: `/api/groups/${NOWHERE}/members/${NOBODY}/role`,
    body: { role: "admin" },
    code: "unknown-group",
  },
  { method: "put", path: `/api/groups/${NOWHERE}/members/${NOBODY}/role`, body: { role: "king" }, code: "bad-request" },
  {
    method: "put",
    path: `/api/groups/${NOWHERE}/policy`,
    body: { invite: "admins", remove: "admins" },
    code: "unknown-group",
  },
  { method: "put", path: `/api/groups/${NOWHERE}/policy`, body: { invite: "admins" }, code: "bad-request" },
  { method: "post", path: `/api/invitations/${NOWHERE}/accept`, code: "unknown-invitation" },
  { method: "post", path: `/api/invitations/${NOWHERE}/decline`, code: "unknown-invitation" },
  { method: "get", path: `/api/contacts/${NOBODY}/safety-number`, code: "unknown-peer" },
  { method: "post", path: "/api/contacts", body: { link: "starling://contact#%%%" }, code: "bad-link" },
  { method: "post", path: "/api/contacts", body: { peer: NOBODY }, code: "unknown-peer" },
  { method: "put", path: "/api/profile", body: { name: "" }, code: "bad-name" },
  { method: "put", path: "/api/profile", body: { name: "x".repeat(65) }, code: "bad-name" },
  { method: "put", path: "/api/settings", body: { healEveryDays: 31 }, code: "bad-period" },
  { method: "put", path: "/api/settings", body: { healEveryDays: "7" }, code: "bad-request" },
  { method: "post", path: "/api/groups", body: { name: "\u0007" }, code: "bad-name" },
  { method: "put", path: "/api/settings", body: { retentionHours: 0.5 }, code: "bad-request" },
  {
    method: "post",
    path: `/api/groups/${NOWHERE}/mailboxes`,
    body: { link: "starling://mailbox#AA" },
    code: "bad-mailbox",
  },
  { method: "delete", path: `/api/groups/${NOWHERE}/mailboxes/12D3KooW`, code: "unknown-group" },
  { method: "get", path: "/api/entropy/draws?limit=0", code: "bad-request" },
  { method: "post", path: "/api/entropy/refill", body: {}, code: "no-eaas" },
  { method: "post", path: "/api/ui-link", code: "headless" },
] as const)("$method $path is refused as $code", async ({ method, path, code, ...rest }) => {
  const { api } = await peer("Ana")
  const body = "body" in rest ? rest.body : undefined
  const call =
    method === "get"
      ? api.get(path)
      : method === "delete"
        ? api.delete(path)
        : method === "put"
          ? api.put(path, body ?? {})
          : api.post(path, body)
  await expect(call).rejects.toMatchObject({ name: "CliError", code, message: expect.stringMatching(/.{10}/) })
})

test("a name and words come back as they were typed", async () => {
  const { api } = await peer(undefined)
  expect(await api.get("/api/status")).toMatchObject({ name: "", groups: [], rootKeyProtected: false })
  const name = "Zoë \u202Eanna 👩‍👧"
  expect(await api.put("/api/profile", { name })).toMatchObject({ name })
  const { group } = await api.post<{ group: string }>("/api/groups", { name: "נחלים ✓" })
  const text = "line one\nline two \u202E reversed"
  const { id } = await api.post<{ id: string }>(`/api/groups/${group}/messages`, { text })
  expect(await api.get(`/api/groups/${group}/messages`)).toMatchObject([{ id, text, name, mine: true, epoch: 0 }])
  expect(await api.get(`/api/groups/${group}`)).toMatchObject({ name: "נחלים ✓", members: [{ name, self: true }] })
  expect(await api.get(`/api/groups/${group}/timeline`)).toMatchObject([
    { epoch: 0, reason: "created", entropy: "local only" },
  ])
})

test("settings are shown, changed one by one, and last", async () => {
  const { api } = await peer("Ana")
  const usual = { healEveryDays: 7, receipts: true, retentionHours: 72 }
  expect(await api.get("/api/settings")).toEqual(usual)
  expect(await api.put("/api/settings", { retentionHours: 24 })).toEqual({ ...usual, retentionHours: 24 })
  expect(await api.put("/api/settings", { receipts: false, healEveryDays: 3 })).toEqual({
    healEveryDays: 3,
    receipts: false,
    retentionHours: 24,
  })
  expect(await api.get("/api/settings")).toEqual({ healEveryDays: 3, receipts: false, retentionHours: 24 })
})

test("a group has the policy that it was made with, until its owner sets another; an only owner stays one", async () => {
  const { api, daemon } = await peer("Ana")
  const { group: usual } = await api.post<{ group: string }>("/api/groups", { name: "Usual" })
  expect(await api.get(`/api/groups/${usual}`)).toMatchObject({
    policy: { invite: "everyone", remove: "admins" },
    members: [{ role: "owner", self: true }],
    may: { invite: true, giveRoles: true, remove: [] },
  })
  const { group } = await api.post<{ group: string }>("/api/groups", { name: "Strict", policy: { invite: "admins" } })
  expect(await api.get(`/api/groups/${group}`)).toMatchObject({ policy: { invite: "admins", remove: "admins" } })
  const policy = { invite: "everyone", remove: "everyone" }
  expect(await api.put(`/api/groups/${group}/policy`, policy)).toEqual({ group })
  expect(await api.get(`/api/groups/${group}`)).toMatchObject({ policy })
  const own = `/api/groups/${group}/members/${daemon.identity}/role`
  await expect(api.put(own, { role: "member" })).rejects.toMatchObject({ code: "not-allowed" })
  await expect(api.put(`/api/groups/${group}/members/${NOBODY}/role`, { role: "admin" })).rejects.toMatchObject({
    code: "not-a-member",
  })
})

test("a call that waits for a message ends with the message, or with its patience", async () => {
  const { api } = await peer("Ana")
  const { group } = await api.post<{ group: string }>("/api/groups", { name: "Quiet" })
  expect(await api.get(`/api/groups/${group}/messages?wait=0.1`)).toEqual([])
  const waiting = api.get<readonly { text: string }[]>(`/api/groups/${group}/messages?wait=60`)
  await api.post(`/api/groups/${group}/messages`, { text: "at last" })
  expect((await waiting).map(({ text }) => text)).toEqual(["at last"])
})

test("a message that the group does not hold is unknown, not the end of the list", async () => {
  const { api } = await peer("Ana")
  const { group } = await api.post<{ group: string }>("/api/groups", { name: "Here" })
  const other = await api.post<{ group: string }>("/api/groups", { name: "There" })
  const { id } = await api.post<{ id: string }>(`/api/groups/${group}/messages`, { text: "one" })
  expect(await api.get(`/api/groups/${group}/messages?since=${id}`)).toEqual([])
  for (const path of [`${group}/messages?since=${"0".repeat(32)}`, `${other.group}/messages?before=${id}`]) {
    await expect(api.get(`/api/groups/${path}`)).rejects.toMatchObject({ code: "unknown-message" })
  }
})

test("every draw that a group was made of is in the log", async () => {
  const { api } = await peer("Ana")
  const before = await api.get<readonly { sequence: number }[]>("/api/entropy/draws")
  const { group } = await api.post<{ group: string }>("/api/groups", { name: "Logged" })
  await api.post(`/api/groups/${group}/heal`)
  const after = before.at(-1)?.sequence ?? 0
  const draws = await api.get<readonly { purpose: string; label: string }[]>(`/api/entropy/draws?after=${after}`)
  expect(draws.map(({ purpose }) => purpose)).toContain("group id")
  expect(new Set(draws.map(({ label }) => label))).toEqual(new Set(["local only"]))
  const [newest] = await api.get<readonly { sequence: number }[]>("/api/entropy/draws?newest=1&limit=1")
  expect(newest?.sequence).toBe(after + draws.length)
})

test("how often keys are renewed is kept, and a group tells what follows from it", async () => {
  const { api } = await peer("Ana")
  const { group } = await api.post<{ group: string }>("/api/groups", { name: "ducks" })
  expect(await api.get("/api/settings")).toMatchObject({ healEveryDays: 7 })
  expect(await api.get(`/api/groups/${group}`)).toMatchObject({ ownKeys: { plan: { kind: "alone" } } })
  expect(await api.put("/api/settings", { healEveryDays: null })).toMatchObject({ healEveryDays: null })
  expect(await api.get("/api/settings")).toMatchObject({ healEveryDays: null })
  expect(await api.get(`/api/groups/${group}`)).toMatchObject({ ownKeys: { plan: { kind: "off" } } })
})

test("an invitation to somebody who is away waits, and says so", async () => {
  const ana = await peer("Ana")
  const bo = await peer("Bo")
  const { link } = await bo.api.get<{ link: string }>("/api/contacts/link")
  await bo.daemon[Symbol.asyncDispose]()
  await ana.api.post("/api/contacts", { link })
  const { group } = await ana.api.post<{ group: string }>("/api/groups", { name: "Later" })
  const invited = await ana.api.post(`/api/groups/${group}/invitations`, { peer: bo.daemon.identity })
  expect(invited).toMatchObject({ group, state: "waiting" })
  expect(await ana.api.get(`/api/groups/${group}`)).toMatchObject({
    epoch: 0,
    waiting: [{ identity: bo.daemon.identity }],
  })
})

test("a stranger's invitation is held for a decision, and declining leaves no trace", async () => {
  const ana = await peer("Ana")
  const bo = await peer("Bo")
  const { link } = await bo.api.get<{ link: string }>("/api/contacts/link")
  await ana.api.post("/api/contacts", { link })
  const { group } = await ana.api.post<{ group: string }>("/api/groups", { name: "Unasked" })
  await ana.api.post(`/api/groups/${group}/invitations`, { peer: bo.daemon.identity })
  await expect
    .poll(async () => await bo.api.get("/api/invitations"))
    .toMatchObject([{ group, known: false, fromName: "Ana" }])
  expect(await bo.api.get("/api/groups")).toEqual([])
  await bo.api.post(`/api/invitations/${group}/decline`)
  expect(await bo.api.get("/api/invitations")).toEqual([])
  expect(await bo.api.get("/api/groups")).toEqual([])
})
