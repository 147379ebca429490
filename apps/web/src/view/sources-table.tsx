import type { EntropySourceStatus } from "@starling/peer/contract"

import { useNow } from "../state/clock.ts"
import { useLocale } from "../state/preferences.ts"
import { ago } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { Table } from "./table.tsx"

/** The id that the daemon gives to the operating system's generator. */
const THIS_COMPUTER = "operating-system"

export function SourcesTable({ sources }: { readonly sources: readonly EntropySourceStatus[] }) {
  const text = useText()
  const now = useNow()
  const language = useLocale()
  const lastDelivery = (source: EntropySourceStatus): string => {
    if (source.lastAt !== undefined) return ago(source.lastAt, now, language)
    return source.id === THIS_COMPUTER ? text.entropy.eachDraw : text.entropy.never
  }
  if (sources.length === 0) return <p className="quiet-note">{text.entropy.noSources}</p>
  return (
    <Table
      label={text.entropy.sources}
      columns={[text.entropy.source, text.entropy.state, text.entropy.path, text.entropy.lastOk]}
      rows={sources.map((source) => ({
        key: source.id,
        cells: [
          <span className="cell-stack">
            <span>
              <bdi>{source.name}</bdi> {source.simulated && <span className="tag warn">{text.entropy.simulated}</span>}
            </span>
            {source.detail !== "" && (
              <span className="row-second" dir="auto">
                {source.detail}
              </span>
            )}
          </span>,
          <span className="state" data-state={source.state}>
            {text.entropy.stateOf[source.state]}
          </span>,
          <bdi>{source.path}</bdi>,
          lastDelivery(source),
        ],
      }))}
    />
  )
}
