import { create } from "zustand"

/** What was begun in each group's field and not sent. */
export const useDrafts = create<Readonly<Record<string, string>>>()(() => ({}))

export function putDraft(group: string, text: string): void {
  useDrafts.setState({ [group]: text })
}
