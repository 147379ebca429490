import type { Person } from "../../src/person.ts"

/** Puts somebody's device back to what it was. */
export function restore(person: Person, backup: ReturnType<Person["store"]["copy"]>): void {
  if (person.isUp) person.stop()
  person.store.restore(backup)
  person.boot()
}

/** This person can give nobody `author`'s messages up to `last` any more, neither as ciphertext nor as they were signed. */
export function loseKept(person: Person, group: string, author: Person, last: number): void {
  loseCiphertexts(person, group, author, last)
  loseRows(person, "numbered-messages", group, author, last)
}

/** Of those messages, this person has only what it shows. */
export function loseCiphertexts(person: Person, group: string, author: Person, last: number): void {
  loseRows(person, "messages", group, author, last)
}

function loseRows(person: Person, bucket: string, group: string, author: Person, last: number): void {
  const { device } = author.state.durable.own
  const keys = Array.from({ length: last }, (_, i) => `${device}:${i + 1}`)
  person.store.commit(keys.map((key) => ({ kind: "delete", bucket, partition: group, key }) as const))
}
