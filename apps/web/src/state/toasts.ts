import { create } from "zustand"

import { Refused } from "../api/call.ts"

export interface Toast {
  readonly key: number
  readonly kind: "done" | "failed" | "notice"
  readonly title: string
  readonly detail?: string
}

export const useToasts = create<{ readonly toasts: readonly Toast[] }>()(() => ({ toasts: [] }))

let last = 0

/** What was done leaves by itself; what failed stays until it is closed. */
export function say(title: string): void {
  const key = push({ kind: "done", title })
  setTimeout(() => dismiss(key), 5_000)
}

/** `title` says what did not happen; the daemon's own words, or `unreachable`, say why and what to do. */
export function sayFailed(title: string, fault: unknown, unreachable: string): void {
  push({ kind: "failed", title, detail: fault instanceof Refused ? fault.message : unreachable })
}

/** What nobody asked for and somebody should know, until it is closed; said again, it stands once. */
export function sayNotice(title: string): void {
  const { toasts } = useToasts.getState()
  if (!toasts.some((toast) => toast.kind === "notice" && toast.title === title)) push({ kind: "notice", title })
}

export function dismiss(key: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.key !== key) }))
}

function push(toast: Omit<Toast, "key">): number {
  last += 1
  const key = last
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { ...toast, key }] }))
  return key
}
