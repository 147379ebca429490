import { Link2, MessageCircle, QrCode, ShieldCheck } from "lucide-react"
import { useState } from "react"

import { useWorld } from "../state/store.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { AddContactDialog } from "./add-contact-dialog.tsx"
import { Avatar } from "./avatar.tsx"
import { ContactLinkDialog } from "./contact-link-dialog.tsx"
import { NearbyList } from "./nearby-list.tsx"
import { PageHead } from "./page-head.tsx"
import { PersonName } from "./person-name.tsx"
import { SafetyNumberDialog } from "./safety-number-dialog.tsx"
import { useStartChat } from "./start-chat.ts"

export function PeoplePage() {
  const text = useText()
  const contacts = useWorld((world) => world.contacts)
  const [open, setOpen] = useState<"link" | "paste">()
  const [comparing, setComparing] = useState<{ identity: string; name: string }>()
  const startChat = useStartChat()
  return (
    <main className="page">
      <PageHead title={text.people.title}>
        <button className="button" type="button" onClick={() => setOpen("paste")}>
          <Link2 size={16} aria-hidden="true" />
          {text.people.paste}
        </button>
        <button className="button" type="button" onClick={() => setOpen("link")}>
          <QrCode size={16} aria-hidden="true" />
          {text.people.myLink}
        </button>
      </PageHead>
      <section className="card" aria-labelledby="nearby">
        <h2 className="section-title" id="nearby">
          {text.people.nearby}
        </h2>
        <NearbyList />
      </section>
      <section className="card" aria-labelledby="contacts">
        <h2 className="section-title" id="contacts">
          {text.people.contacts}
        </h2>
        {contacts.length === 0 ? (
          <p className="quiet-note">{text.people.contactsEmpty}</p>
        ) : (
          <ul className="rows" aria-label={text.people.contacts}>
            {contacts.map((contact) => {
              const name = safeName(contact.name) || text.nameless
              return (
                <li className="row" key={contact.identity}>
                  <Avatar of={contact.identity} name={contact.name} online={contact.online} />
                  <span className="row-text">
                    <PersonName identity={contact.identity} name={contact.name} verified={contact.verified} />
                    <span className="row-second">
                      {contact.online ? text.people.online : text.people.offline}
                      {" · "}
                      {contact.verified ? text.members.verified : text.members.notVerified}
                    </span>
                  </span>
                  <button
                    className="icon-button"
                    type="button"
                    aria-label={text.people.compareWith(name)}
                    title={text.members.compare}
                    onClick={() => setComparing(contact)}
                  >
                    <ShieldCheck size={18} aria-hidden="true" />
                  </button>
                  <button
                    className="icon-button"
                    type="button"
                    aria-label={text.people.chatWith(name)}
                    title={text.people.chat}
                    onClick={() => startChat(contact)}
                  >
                    <MessageCircle size={18} aria-hidden="true" />
                  </button>
                </li>
              )
            })}
          </ul>
        )}
      </section>
      <AddContactDialog open={open === "paste"} close={() => setOpen(undefined)} />
      {open === "link" && <ContactLinkDialog close={() => setOpen(undefined)} />}
      {comparing && (
        <SafetyNumberDialog identity={comparing.identity} name={comparing.name} close={() => setComparing(undefined)} />
      )}
    </main>
  )
}
