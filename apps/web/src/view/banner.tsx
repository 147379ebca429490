import { CloudOff } from "lucide-react"

import { useWorld } from "../state/store.ts"
import { useText } from "../text/use-text.ts"

/** Says what does not work right now, and only that. */
export function Banner() {
  const text = useText()
  const lost = useWorld((world) => world.line === "lost")
  const alone = useWorld((world) => world.status?.peers.length === 0)
  const waiting = useWorld((world) =>
    Object.values(world.threads)
      .flatMap((thread) => thread.messages)
      .reduce(
        (sum, { delivery }) =>
          delivery && delivery.recipients > 0 && delivery.reached === 0 && delivery.delivered === 0 ? sum + 1 : sum,
        0,
      ),
  )
  const groups = useWorld((world) => world.groups.length)
  if (!lost && !(alone && groups > 0)) return null
  return (
    <div className="banner" data-kind={lost ? "lost" : "alone"} role="status">
      <CloudOff size={16} aria-hidden="true" />
      <span>{lost ? text.line.lost : waiting > 0 ? text.line.noPeersWaiting(waiting) : text.line.noPeers}</span>
    </div>
  )
}
