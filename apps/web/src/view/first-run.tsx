import { ArrowRight } from "lucide-react"
import { useState, type FormEvent } from "react"

import { api } from "../api/client.ts"
import { change, useWorld } from "../state/store.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { KeyRing } from "./key-ring.tsx"
import { Logo } from "./logo.tsx"
import { NearbyList } from "./nearby-list.tsx"
import { StepList } from "./step-list.tsx"

/** The first screen of all: a name, and nothing else. */
export function Welcome({ started }: { readonly started: () => void }) {
  const text = useText()
  const [name, setName] = useState("")
  const [busy, setBusy] = useState(false)
  const start = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    act(text.welcome.failed, async () => {
      try {
        const status = await api.rename(name.trim())
        started()
        change((world) => ({ ...world, status }))
      } finally {
        setBusy(false)
      }
    })
  }
  return (
    <main className="stage">
      <form className="stage-card welcome" onSubmit={start}>
        <Logo size={72} />
        <h1 className="welcome-title">{text.welcome.title}</h1>
        <p className="lead">{text.tagline}</p>
        <label className="field">
          <span className="field-label">{text.welcome.name}</span>
          <input
            className="input large"
            dir="auto"
            autoComplete="name"
            autoFocus
            maxLength={64}
            value={name}
            onChange={(event) => setName(event.target.value)}
            aria-describedby="welcome-hint"
          />
          <span className="field-hint" id="welcome-hint">
            {text.welcome.nameHint}
          </span>
        </label>
        <button className="button primary large" type="submit" disabled={busy || name.trim() === ""}>
          {text.welcome.start}
        </button>
      </form>
    </main>
  )
}

/** Shows where the first keys come from, and never holds anybody up. */
export function KeyMoment({ go }: { readonly go: () => void }) {
  const text = useText()
  const entropy = useWorld((world) => world.entropy)
  const sources = entropy?.sources ?? []
  const steps = entropy?.progress ?? []
  const simulated = sources.some((source) => source.simulated)
  const full = entropy ? entropy.pool.bytes > 0 && steps.length === 0 : false
  const silent = sources.length > 0 && sources.every(({ state }) => state !== "ok" && state !== "working")
  const localOnly =
    entropy !== undefined && entropy.pool.bytes === 0 && steps.length === 0 && (silent || sources.length === 0)
  const stepsDone = steps.filter(({ state }) => state === "done").length
  const filled = steps.length > 0 ? stepsDone / steps.length : full ? 1 : 0
  return (
    <main className="stage">
      <div className="stage-card key-moment">
        <KeyRing filled={filled} localOnly={localOnly} simulated={simulated} />
        <h1 className="screen-title">{text.keys.title}</h1>
        <p className="lead" aria-live="polite">
          {sentence({ full, localOnly, simulated }, text.keys)}
        </p>
        {steps.length > 0 && <StepList steps={steps} />}
        <button className="button primary large" type="button" onClick={go} autoFocus>
          {text.keys.go}
          <ArrowRight className="flip" size={18} aria-hidden="true" />
        </button>
        <p className="meta">{text.keys.noWait}</p>
        <section className="key-nearby" aria-labelledby="key-nearby">
          <h2 className="section-title" id="key-nearby">
            {text.people.nearby}
          </h2>
          <NearbyList />
        </section>
      </div>
    </main>
  )
}

interface Standing {
  readonly full: boolean
  readonly localOnly: boolean
  readonly simulated: boolean
}

function sentence(
  { full, localOnly, simulated }: Standing,
  words: { mixing: string; mixed: string; simulated: string; mixingSimulated: string; localOnly: string },
): string {
  if (localOnly) return words.localOnly
  if (full) return simulated ? words.simulated : words.mixed
  return simulated ? words.mixingSimulated : words.mixing
}
