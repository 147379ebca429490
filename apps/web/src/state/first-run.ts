import { create } from "zustand"

/** Whether this window has just chosen a name and is being shown where its keys come from. */
export const useFirstRun = create<{ readonly showsKeys: boolean }>()(() => ({ showsKeys: false }))

export function beginFirstRun(): void {
  useFirstRun.setState({ showsKeys: true })
}

export function endFirstRun(): void {
  useFirstRun.setState({ showsKeys: false })
}
