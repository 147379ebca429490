import type { Contact, Nearby } from "../api/contract.ts"
import type { Command } from "./command.ts"
import { personName } from "./person-name.ts"
import { oneLine } from "./terminal-text.ts"

/** An identity or a PeerId, as far as it can be told from a link. */
const PEER = /^[0-9A-Za-z]{1,128}$/

interface SafetyNumber {
  readonly identity: string
  readonly name: string
  readonly safetyNumber: string
  readonly verified: boolean
}

export const contactCommands: readonly Command[] = [
  {
    words: ["contact", "link"],
    parameters: [],
    options: [],
    summary: "the link by which others add you",
    async run({ connect, output }) {
      output.item(await connect().get<{ link: string }>("/api/contacts/link"), ({ link }) => link)
    },
  },
  {
    words: ["contact", "add"],
    parameters: ["LINK"],
    options: [],
    summary: "add a contact by link, or a nearby one by its PEER",
    async run({ connect, output, arguments: [link = ""] }) {
      const body = PEER.test(link) ? { peer: link } : { link }
      const { identity, peerId, name } = await connect().post<Contact>("/api/contacts", body)
      output.item({ identity, peerId, name }, (contact) => `added ${personName(contact)}`)
    },
  },
  {
    words: ["contact", "list"],
    parameters: [],
    options: [],
    summary: "your contacts",
    async run({ connect, output }) {
      const contacts = await connect().get<readonly Contact[]>("/api/contacts")
      if (contacts.length === 0)
        output.note("no contacts yet: exchange links with `starling contact link` and `contact add`")
      for (const contact of contacts) {
        output.item(contact, (it) =>
          [
            it.identity,
            it.online ? "online " : "offline",
            it.verified ? "verified    " : "not verified",
            personName(it),
          ].join("  "),
        )
      }
    },
  },
  {
    words: ["contact", "verify"],
    parameters: ["PEER"],
    options: ["confirm"],
    summary: "the safety number to compare; --confirm records that it is equal",
    async run({ connect, output, options, arguments: [peer = ""] }) {
      const api = connect()
      const path = `/api/contacts/${encodeURIComponent(peer)}`
      if (options.confirm === true) await api.put(`${path}/verification`, { verified: true })
      output.item(await api.get<SafetyNumber>(`${path}/safety-number`), (it) =>
        [
          `safety number with ${personName(it)} (${it.verified ? "compared" : "not compared yet"})`,
          ...chunks(it.safetyNumber).map((line) => `  ${line}`),
          it.verified ? "" : "Compare it over another channel; if it is equal: the same command with --confirm.",
        ]
          .filter((line) => line !== "")
          .join("\n"),
      )
    },
  },
  {
    words: ["nearby"],
    parameters: [],
    options: [],
    summary: "people on this network",
    async run({ connect, output }) {
      const nearby = await connect().get<readonly Nearby[]>("/api/nearby")
      if (nearby.length === 0) output.note("nobody found yet")
      for (const peer of nearby) {
        output.item(
          peer,
          (it) => `${it.identity}  ${personName(it)}  ${oneLine(it.address)}${it.contact ? "  contact" : ""}`,
        )
      }
    },
  },
]

/** Four groups of five digits a line. */
function chunks(safetyNumber: string): readonly string[] {
  const groups = safetyNumber.match(/\d{5}/g) ?? [oneLine(safetyNumber)]
  const lines: string[] = []
  for (let i = 0; i < groups.length; i += 4) lines.push(groups.slice(i, i + 4).join(" "))
  return lines
}
