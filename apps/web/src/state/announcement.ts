import { create } from "zustand"

/** What a screen reader is told of by itself: new messages of the group on screen, nothing that was merely loaded. */
export const useAnnouncement = create<{ readonly said: string }>()(() => ({ said: "" }))

export function announce(said: string): void {
  useAnnouncement.setState({ said })
}
