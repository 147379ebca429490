import { safeName } from "../text/safe-name.ts"

const TINTS = 8

interface Props {
  /** What the tint is derived from: an identity or a group's UUID. */
  readonly of: string
  readonly name: string
  readonly shape?: "person" | "group"
  readonly size?: "small" | "medium" | "large"
  readonly online?: boolean
}

/** A letter on a tint, for the eye only: the name stands beside it. */
export function Avatar({ of, name, shape = "person", size = "medium", online = false }: Props) {
  return (
    <span className="avatar" data-tint={tintOf(of)} data-shape={shape} data-size={size} aria-hidden="true">
      {initial(name)}
      {online && <span className="avatar-online" />}
    </span>
  )
}

function tintOf(of: string): number {
  // FNV-1a; only its spread matters.
  let hash = 0x811c9dc5
  for (const letter of of) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return ((hash >>> 16) ^ (hash & 0xffff)) % TINTS
}

function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(safeName(name))
  return first ? first.segment.toLocaleUpperCase() : "·"
}
