import type { KeyboardEvent } from "react"

/** Moves the focus among the `[data-roving]` elements of a list with the arrow keys, Home and End. */
export function moveAmongRows(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-roving]")]
  const here = rows.findIndex((row) => row === document.activeElement)
  const target = rows[placeAfter(event.key, here, rows.length)]
  if (target === undefined) return
  event.preventDefault()
  target.focus()
}

/** Where a key leads from place `here` in a list; -1 for a key that leads nowhere. */
export function placeAfter(key: string, here: number, length: number): number {
  switch (key) {
    case "ArrowDown":
      return Math.min(here + 1, length - 1)
    case "ArrowUp":
      return Math.max(here - 1, 0)
    case "Home":
      return 0
    case "End":
      return length - 1
    default:
      return -1
  }
}
