import type { Delivery, EntropyStatus } from "@starling/peer/contract"
import { Atom, Blend, Link2, Nfc, Store, type LucideIcon } from "lucide-react"
import type { ReactNode } from "react"

import { useLocale } from "../state/preferences.ts"
import { bytes, dayAndClock } from "../text/times.ts"
import { useText } from "../text/use-text.ts"

interface Props {
  readonly delivery: Delivery
  readonly policy: EntropyStatus["policy"]
}

/** The way that one delivery took, from the quantum source to the keys made of it, with what is known of each stage. */
export function DeliveryPath({ delivery, policy }: Props) {
  const text = useText().entropy
  const language = useLocale()
  const number = new Intl.NumberFormat(language)
  const proof = text.provedIn(`${number.format(Math.round(delivery.proofMilliseconds))} ms`)
  return (
    <ol className="delivery-path" aria-label={text.pathOf(dayAndClock(delivery.receivedAt, language))}>
      <Stage icon={Atom} name={text.source} simulated={delivery.simulated}>
        <bdi>{delivery.source}</bdi>
      </Stage>
      {delivery.channel === undefined ? (
        <Stage icon={Link2} name={text.link}>
          {text.linkUntold}
        </Stage>
      ) : (
        <Stage icon={Link2} name={text.link} note={text.linkClaimed}>
          <bdi>{delivery.channel}</bdi>
        </Stage>
      )}
      <Stage icon={Store} name={text.provider} note={`${text.platformEpoch} ${number.format(delivery.epoch)}`}>
        <bdi>{delivery.localProvider}</bdi>
      </Stage>
      <Stage icon={Nfc} name={text.tap} note={`${proof}; ${text.among(delivery.anonymitySet)}`}>
        <bdi>{delivery.path}</bdi>
      </Stage>
      <Stage icon={Blend} name={text.pool} note={text.mixing[policy]}>
        {bytes(delivery.bytes, language)}
      </Stage>
    </ol>
  )
}

interface StageProps {
  readonly icon: LucideIcon
  readonly name: string
  readonly simulated?: boolean
  readonly note?: string
  readonly children: ReactNode
}

function Stage({ icon: Icon, name, simulated = false, note, children }: StageProps) {
  const text = useText()
  return (
    <li>
      <Icon size={18} aria-hidden="true" />
      <span className="stage-name">{name}</span>
      <span>
        {children} {simulated && <span className="tag warn">{text.entropy.simulated}</span>}
      </span>
      {note !== undefined && <span className="row-second">{note}</span>}
    </li>
  )
}
