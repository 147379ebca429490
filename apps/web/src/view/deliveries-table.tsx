import type { Delivery, EntropyStatus } from "@starling/peer/contract"
import { useEffect, useState } from "react"

import { api } from "../api/client.ts"
import { useLocale } from "../state/preferences.ts"
import { useWorld } from "../state/store.ts"
import { bytes, dayAndClock } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { DeliveryPath } from "./delivery-path.tsx"
import { Table } from "./table.tsx"

const SHOWN = 20

/** What came into the pool, newest first, and the way that the chosen delivery took. */
export function DeliveriesTable({ policy }: { readonly policy: EntropyStatus["policy"] }) {
  const text = useText()
  const language = useLocale()
  const changes = useWorld((world) => world.entropyChanges)
  const [deliveries, setDeliveries] = useState<readonly Delivery[]>()
  const [failed, setFailed] = useState(false)
  /** Undefined follows the newest. */
  const [chosen, setChosen] = useState<string>()

  useEffect(() => {
    let current = true
    api.deliveries().then(
      (answer) => current && (setDeliveries(answer), setFailed(false)),
      () => current && setFailed(true),
    )
    return () => {
      current = false
    }
  }, [changes])

  if (failed) return <p className="warning">{text.entropy.failed}</p>
  if (deliveries === undefined) return null
  if (deliveries.length === 0) return <p className="quiet-note">{text.entropy.noDeliveries}</p>
  const newest = deliveries.toSorted((one, other) => other.receivedAt - one.receivedAt).slice(0, SHOWN)
  const shown = newest.find(({ id }) => id === chosen) ?? newest[0]
  const number = new Intl.NumberFormat(language)
  return (
    <>
      {shown !== undefined && <DeliveryPath delivery={shown} policy={policy} />}
      <Table
        label={text.entropy.deliveries}
        columns={[
          text.entropy.received,
          text.entropy.bytes,
          text.entropy.source,
          text.entropy.provider,
          text.entropy.platformEpoch,
          text.entropy.hiddenAmong,
          text.entropy.proof,
        ]}
        rows={newest.map((delivery) => ({
          key: delivery.id,
          cells: [
            <button
              className="link-button"
              type="button"
              aria-pressed={delivery.id === shown?.id}
              title={text.entropy.showPath}
              onClick={() => setChosen(delivery.id)}
            >
              {dayAndClock(delivery.receivedAt, language)}
            </button>,
            bytes(delivery.bytes, language),
            <span>
              <bdi>{delivery.source}</bdi>{" "}
              {delivery.simulated && <span className="tag warn">{text.entropy.simulated}</span>}
            </span>,
            <bdi>{delivery.localProvider}</bdi>,
            number.format(delivery.epoch),
            number.format(delivery.anonymitySet),
            `${number.format(Math.round(delivery.proofMilliseconds))} ms`,
          ],
        }))}
      />
    </>
  )
}
