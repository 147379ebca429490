import type { GroupPolicy } from "@starling/peer/contract"
import { RadioGroup } from "radix-ui"
import { useId } from "react"

import { useText } from "../text/use-text.ts"

const CIRCLES = ["everyone", "admins"] as const

interface Props {
  readonly policy: GroupPolicy
  readonly choose: (policy: GroupPolicy) => void
}

/** Who may invite, and who may remove. */
export function PolicyChoice({ policy, choose }: Props) {
  const text = useText()
  return (
    <>
      <CircleChoice
        label={text.roles.policy.invite}
        circle={policy.invite}
        choose={(invite) => choose({ ...policy, invite })}
      />
      <CircleChoice
        label={text.roles.policy.remove}
        circle={policy.remove}
        choose={(remove) => choose({ ...policy, remove })}
      />
    </>
  )
}

interface CircleProps {
  readonly label: string
  readonly circle: GroupPolicy["invite"]
  readonly choose: (circle: GroupPolicy["invite"]) => void
}

function CircleChoice({ label, circle, choose }: CircleProps) {
  const text = useText()
  const id = useId()
  return (
    <div className="policy-row">
      <span className="policy-label" id={id}>
        {label}
      </span>
      <RadioGroup.Root
        className="choices"
        aria-labelledby={id}
        value={circle}
        onValueChange={(value) => choose(CIRCLES.find((one) => one === value) ?? circle)}
      >
        {CIRCLES.map((one) => (
          <RadioGroup.Item className="choice" key={one} value={one}>
            {text.roles.policy.circle[one]}
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
    </div>
  )
}
