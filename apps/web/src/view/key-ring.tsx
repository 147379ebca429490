import { useText } from "../text/use-text.ts"

interface Props {
  /** How full the pool is, from 0 to 1. */
  readonly filled: number
  /** No quantum source answers: this device alone closes the ring. */
  readonly localOnly: boolean
  readonly simulated: boolean
}

/** Two arcs that meet: violet for this device, which is always there, and teal for what the quantum source brought. */
export function KeyRing({ filled, localOnly, simulated }: Props) {
  const text = useText()
  const quantum = localOnly ? 0 : Math.min(1, Math.max(0, filled)) * 47
  const percent = Math.round(Math.min(1, Math.max(0, filled)) * 100)
  return (
    <figure className="key-ring">
      <svg viewBox="0 0 160 160" width="160" height="160" role="img" aria-label={text.keys.ring(percent)}>
        <circle className="ring-track" cx="80" cy="80" r="66" />
        <circle
          className="ring-local"
          cx="80"
          cy="80"
          r="66"
          pathLength="100"
          strokeDasharray={`${localOnly ? 100 : 47} 100`}
          transform="rotate(98 80 80)"
        />
        {quantum > 0 && (
          <circle
            className="ring-quantum"
            cx="80"
            cy="80"
            r="66"
            pathLength="100"
            strokeDasharray={`${quantum} 100`}
            transform="rotate(-82 80 80)"
          />
        )}
        <g className="ring-key" transform="translate(80 80)">
          <circle cx="-13" cy="0" r="12" />
          <path d="M-1 0 H27 M27 0 V9 M17 0 V7" />
        </g>
      </svg>
      <figcaption className="legend">
        <span className="mark-local">{text.keys.localSource}</span>
        <span className="mark-quantum">{simulated ? text.keys.simulatedSource : text.keys.quantumSource}</span>
      </figcaption>
    </figure>
  )
}
