import { BadgeCheck } from "lucide-react"

import { useDirectory } from "../state/directory.ts"
import { safeName, shortFingerprint } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"

interface Props {
  readonly identity: string
  readonly name: string
  readonly verified?: boolean
}

/** A person's name, apart from the text around it, and with the fingerprint where the name alone could deceive. */
export function PersonName({ identity, name, verified = false }: Props) {
  const text = useText()
  const directory = useDirectory()
  const ambiguous = directory.isAmbiguous(identity, name)
  const marked = ambiguous || (!directory.isSelf(identity) && !directory.isContact(identity))
  return (
    <span className="person-name">
      <bdi className="name">{safeName(name) || text.nameless}</bdi>
      {marked && (
        <span className="fingerprint" dir="ltr" title={ambiguous ? text.people.alike : undefined}>
          {shortFingerprint(identity)}
        </span>
      )}
      {verified && <BadgeCheck className="verified" size={15} role="img" aria-label={text.members.verified} />}
    </span>
  )
}

/** A group's name, or any other name without an identity behind it. */
export function PlainName({ name }: { readonly name: string }) {
  const text = useText()
  return <bdi className="name">{safeName(name) || text.nameless}</bdi>
}
