import { BadgeCheck } from "lucide-react"
import { useEffect, useState } from "react"

import { Refused } from "../api/call.ts"
import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly identity: string
  readonly name: string
  readonly close: () => void
}

/** Sixty digits for two people to compare. */
export function SafetyNumberDialog({ identity, name, close }: Props) {
  const text = useText()
  const who = safeName(name) || text.nameless
  const [digits, setDigits] = useState<string>()
  const [verified, setVerified] = useState(false)
  const [why, setWhy] = useState<string>()
  const details = useWorld((world) => world.details)

  useEffect(() => {
    let current = true
    api.safetyNumber(identity).then(
      (answer) => {
        if (!current) return
        setDigits(answer.safetyNumber.replaceAll(/\D/g, ""))
        setVerified(answer.verified)
      },
      (fault: unknown) => current && setWhy(fault instanceof Refused ? fault.message : text.unreachable),
    )
    return () => {
      current = false
    }
  }, [identity, text])

  const mark = (matches: boolean) =>
    act(text.safety.failed, async () => {
      await api.verify(identity, matches)
      refresh.contacts()
      for (const group of Object.keys(details)) refresh.group(group)
      say(matches ? text.safety.saved(who) : text.safety.takenBack(who))
      close()
    })
  return (
    <Sheet title={<bdi>{text.safety.title(who)}</bdi>} open close={close} description={text.safety.how(who)}>
      {why !== undefined && (
        <p className="warning" role="alert">
          {text.safety.unavailable}: {why}
        </p>
      )}
      {digits !== undefined && (
        <>
          <p className="safety-number" role="group" aria-label={text.safety.number} dir="ltr">
            {(digits.match(/.{1,5}/g) ?? []).map((five, index) => (
              <span key={index}>{five}</span>
            ))}
          </p>
          {verified && (
            <p className="verified-note">
              <BadgeCheck className="verified" size={18} aria-hidden="true" />
              {text.safety.verified(who)}
            </p>
          )}
          <footer className="sheet-foot">
            {verified ? (
              <button className="button" type="button" onClick={() => mark(false)}>
                {text.safety.noMatch}
              </button>
            ) : (
              <button className="button primary" type="button" onClick={() => mark(true)}>
                {text.safety.match}
              </button>
            )}
          </footer>
        </>
      )}
    </Sheet>
  )
}
