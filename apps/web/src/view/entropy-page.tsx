import type { EntropyStatus } from "@starling/peer/contract"
import { Info, RefreshCw } from "lucide-react"
import { useState } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { useLocale } from "../state/preferences.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { bytes } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { DeliveriesTable } from "./deliveries-table.tsx"
import { DrawsTable } from "./draws-table.tsx"
import { PageHead } from "./page-head.tsx"
import { SourcesTable } from "./sources-table.tsx"
import { StepList } from "./step-list.tsx"

/** Where the randomness of this device's keys comes from, and what that does not mean. */
export function EntropyPage() {
  const text = useText()
  const entropy = useWorld((world) => world.entropy)
  return (
    <main className="page wide-page">
      <PageHead title={text.entropy.title} lead={text.entropy.lead} />
      {entropy && (
        <>
          <div className="card-row">
            <PoolCard entropy={entropy} />
            <CaveatsCard entropy={entropy} />
          </div>
          <section className="card" aria-labelledby="sources">
            <h2 className="section-title" id="sources">
              {text.entropy.sources}
            </h2>
            <SourcesTable sources={entropy.sources} />
          </section>
          <section className="card" aria-labelledby="draws">
            <h2 className="section-title" id="draws">
              {text.entropy.draws}
            </h2>
            <p className="row-second">{text.entropy.drawsHint}</p>
            <DrawsTable />
          </section>
          <section className="card" aria-labelledby="deliveries">
            <h2 className="section-title" id="deliveries">
              {text.entropy.deliveries}
            </h2>
            <DeliveriesTable policy={entropy.policy} />
          </section>
          <p className="footnote">{entropy.policy === "pure" ? text.entropy.footnotePure : text.entropy.footnote}</p>
        </>
      )}
    </main>
  )
}

function PoolCard({ entropy }: { readonly entropy: EntropyStatus }) {
  const text = useText()
  const language = useLocale()
  const [busy, setBusy] = useState(false)
  const { pool, progress, policy } = entropy
  const gauge = text.entropy.gauge(bytes(pool.bytes, language), bytes(pool.capacity, language))
  const refill = () => {
    setBusy(true)
    act(text.entropy.refillFailed, async () => {
      try {
        const taken = await api.refill()
        refresh.entropy()
        say(text.entropy.refilled(bytes(taken.bytes, language)))
      } finally {
        setBusy(false)
      }
    })
  }
  return (
    <section className="card pool-card" aria-labelledby="pool">
      <h2 className="section-title" id="pool">
        {text.entropy.pool}
      </h2>
      <div className="pool">
        <svg className="gauge" viewBox="0 0 120 120" width="120" height="120" aria-hidden="true">
          <circle className="ring-track" cx="60" cy="60" r="50" />
          <circle
            className="ring-quantum"
            cx="60"
            cy="60"
            r="50"
            pathLength="100"
            strokeDasharray={`${(pool.bytes / pool.capacity) * 100} 100`}
            transform="rotate(-90 60 60)"
          />
          <text className="gauge-number" x="60" y="66">
            {new Intl.NumberFormat(language, { style: "percent" }).format(pool.bytes / pool.capacity)}
          </text>
        </svg>
        <div className="pool-text">
          <p className="pool-amount">{gauge}</p>
          <p className="row-second">{text.entropy.gaugeHint}</p>
          <button className="button" type="button" disabled={busy || progress.length > 0} onClick={refill}>
            <RefreshCw size={16} aria-hidden="true" />
            {text.entropy.refill}
          </button>
        </div>
      </div>
      {progress.length > 0 && (
        <div className="pool-progress" aria-live="polite">
          <StepList steps={progress} />
        </div>
      )}
      <p className="row-second">{text.entropy.policy[policy]}</p>
    </section>
  )
}

function CaveatsCard({ entropy }: { readonly entropy: EntropyStatus }) {
  const text = useText()
  return (
    <section className="card caveats" aria-labelledby="caveats">
      <h2 className="section-title" id="caveats">
        <Info size={18} aria-hidden="true" />
        {text.entropy.caveats}
      </h2>
      {entropy.caveats.length === 0 ? (
        <p className="row-second">{text.entropy.noCaveats}</p>
      ) : (
        <ul>
          {entropy.caveats.map((caveat) => (
            <li key={caveat} dir="auto">
              {caveat}
            </li>
          ))}
        </ul>
      )}
      <p className="row-second">{text.entropy.anonymity(entropy.anonymitySet)}</p>
    </section>
  )
}
