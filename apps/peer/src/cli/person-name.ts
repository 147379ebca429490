import { safeName } from "@starling/messenger"

/** A name as a terminal may show it, with the beginning of the identity beside it: names are not unique. */
export function personName(person: { readonly identity: string; readonly name: string }): string {
  const shown = safeName(person.name)
  return `${shown} (${person.identity.slice(0, 8)})`
}
