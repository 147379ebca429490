import type { Draw } from "@starling/peer/contract"
import { ChevronLeft, ChevronRight } from "lucide-react"
import { useEffect, useState } from "react"

import { api } from "../api/client.ts"
import { useLocale } from "../state/preferences.ts"
import { useWorld } from "../state/store.ts"
import { dayAndClock } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { Table } from "./table.tsx"

const PAGE = 10

/** Every draw from the pool, a page at a time, newest first. Sequence numbers have no gaps, so a page is a range. */
export function DrawsTable() {
  const text = useText()
  const language = useLocale()
  const changes = useWorld((world) => world.entropyChanges)
  /** The sequence number that the page ends with; undefined follows the newest. */
  const [until, setUntil] = useState<number>()
  const [draws, setDraws] = useState<readonly Draw[]>()
  const [failed, setFailed] = useState(false)

  useEffect(() => {
    let current = true
    const answer = until === undefined ? api.newestDraws(PAGE) : pageUntil(until)
    answer.then(
      (page) => current && (setDraws(page.toSorted((one, other) => other.sequence - one.sequence)), setFailed(false)),
      () => current && setFailed(true),
    )
    return () => {
      current = false
    }
  }, [changes, until])

  if (failed) return <p className="warning">{text.entropy.failed}</p>
  if (draws === undefined) return null
  const newest = draws[0]
  const oldest = draws.at(-1)
  if (newest === undefined || oldest === undefined) return <p className="quiet-note">{text.entropy.noDraws}</p>
  return (
    <>
      <Table
        label={text.entropy.draws}
        columns={[
          text.entropy.draw,
          text.entropy.time,
          text.entropy.purpose,
          text.entropy.bytes,
          text.entropy.made,
          text.entropy.label,
        ]}
        rows={draws.map((draw) => ({
          key: draw.sequence,
          cells: [
            `#${draw.sequence}`,
            dayAndClock(draw.at, language),
            <bdi>{draw.purpose}</bdi>,
            draw.bytes,
            <MadeOf draw={draw} />,
            <span
              className="draw-label"
              data-label={draw.label}
              title={draw.label === "burned" ? text.entropy.burnedHint : undefined}
            >
              {text.entropy.labelOf[draw.label]}
            </span>,
          ],
        }))}
      />
      <div className="pager">
        <span className="row-second">{text.entropy.page(oldest.sequence, newest.sequence)}</span>
        <button
          className="icon-button"
          type="button"
          aria-label={text.entropy.newer}
          disabled={until === undefined}
          onClick={() => setUntil(undefined)}
        >
          <ChevronLeft className="flip" size={18} aria-hidden="true" />
        </button>
        <button
          className="icon-button"
          type="button"
          aria-label={text.entropy.olderPage}
          disabled={oldest.sequence <= 1}
          onClick={() => setUntil(oldest.sequence - 1)}
        >
          <ChevronRight className="flip" size={18} aria-hidden="true" />
        </button>
      </div>
    </>
  )
}

/** The draws up to and with this one; the first of all has the number 1. */
function pageUntil(sequence: number): Promise<readonly Draw[]> {
  const after = Math.max(0, sequence - PAGE)
  return api.drawsAfter(after, sequence - after)
}

/** How much came from this computer and how much from the pool, as a bar and in words. */
function MadeOf({ draw }: { readonly draw: Draw }) {
  const text = useText()
  const quantum = draw.eaas.reduce((sum, { length }) => sum + length, 0)
  const local = draw.operatingSystem
  const all = quantum + local || 1
  return (
    <span className="made-of">
      <svg className="made-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="bar-local" x="0" y="0" width={(local / all) * 100} height="6" />
        <rect className="bar-quantum" x={(local / all) * 100} y="0" width={(quantum / all) * 100} height="6" />
      </svg>
      <span className="made-words">
        {local > 0 && <span className="mark-local">{text.entropy.local(local)}</span>}
        {quantum > 0 && <span className="mark-quantum">{text.entropy.quantum(quantum)}</span>}
      </span>
    </span>
  )
}
