import type { EntropyStatus } from "@starling/peer/contract"
import { Check, CircleDashed, LoaderCircle } from "lucide-react"

import { useText } from "../text/use-text.ts"

const ICONS = { done: Check, active: LoaderCircle, waiting: CircleDashed }

/** The steps of a refill, as the daemon names them. */
export function StepList({ steps }: { readonly steps: EntropyStatus["progress"] }) {
  const text = useText()
  return (
    <ol className="steps" aria-label={text.keys.steps}>
      {steps.map(({ step, state }) => {
        const Icon = ICONS[state]
        return (
          <li key={step} data-state={state}>
            <Icon size={16} role="img" aria-label={text.keys.step[state]} />
            <span>{step}</span>
          </li>
        )
      })}
    </ol>
  )
}
