import type { Message } from "@starling/peer/contract"

import { useLocale } from "../state/preferences.ts"
import { say } from "../state/toasts.ts"
import { deliveryText, stageOf } from "../text/delivery.ts"
import { fullTime } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { PersonName } from "./person-name.tsx"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly message: Message
  readonly close: () => void
}

export function MessageDetails({ message, close }: Props) {
  const text = useText()
  const language = useLocale()
  const { delivery } = message
  const arrived = delivery && { ...delivery, read: 0, mailboxes: 0 }
  const standing =
    arrived && stageOf(arrived) === "network" ? text.delivery.networkLong(arrived.reached) : deliveryText(arrived, text)
  return (
    <Sheet title={text.chat.details} open close={close}>
      <dl className="facts">
        <dt>{text.chat.author}</dt>
        <dd>
          <PersonName identity={message.from} name={message.name} />
        </dd>
        <dt>{text.chat.written}</dt>
        <dd>{fullTime(message.at, language)}</dd>
        <dt>{text.chat.epochRow}</dt>
        <dd>{message.epoch}</dd>
        {message.mine && (
          <>
            <dt>{text.chat.deliveryRow}</dt>
            <dd>{standing}</dd>
            <dt>{text.chat.readRow}</dt>
            <dd>
              {delivery && delivery.read > 0
                ? text.delivery.read(delivery.read, delivery.recipients)
                : text.delivery.noRead}
            </dd>
            <dt>{text.chat.mailboxRow}</dt>
            <dd>{text.delivery.mailboxes(delivery?.mailboxes ?? 0)}</dd>
          </>
        )}
      </dl>
      <footer className="sheet-foot">
        <button
          className="button"
          type="button"
          onClick={() =>
            act(text.chat.copyText, async () => {
              await navigator.clipboard.writeText(message.text)
              say(text.copied)
            })
          }
        >
          {text.chat.copyText}
        </button>
      </footer>
    </Sheet>
  )
}
