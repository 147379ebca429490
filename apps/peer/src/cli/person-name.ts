import { oneLine } from "./terminal-text.ts"

/** A name as a terminal may show it, with the beginning of the identity beside it: names are anybody's choice. */
export function personName(person: { readonly identity: string; readonly name: string }): string {
  return `${oneLine(person.name)} (${person.identity.slice(0, 8)})`
}
