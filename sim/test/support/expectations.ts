import { expect } from "vitest"

import type { Person } from "../../src/person.ts"

/** All of them are in the same state of the group: equal secrets, equal members. */
export function expectOneState(group: string, ...people: readonly Person[]): void {
  const [first, ...others] = people
  if (first === undefined) throw new RangeError("nobody")
  const { epoch, epochAuthenticator } = first.detail(group)
  expect(epochAuthenticator).not.toBe("")
  for (const other of others) expect(other.detail(group), other.name).toMatchObject({ epoch, epochAuthenticator })
  for (const person of people) expect(person.memberNames(group), person.name).toEqual(first.memberNames(group))
}

/** Each of them shows these messages, once each. */
export function expectTexts(group: string, texts: readonly string[], ...people: readonly Person[]): void {
  for (const person of people) expect(person.texts(group), person.name).toEqual([...texts].sort())
}

/** Nobody was told of one message twice. */
export function expectNoticedOnce(...people: readonly Person[]): void {
  for (const person of people) {
    const ids = person.notifications.flatMap((event) => (event.kind === "message" ? [event.message.id] : []))
    expect(new Set(ids).size, person.name).toBe(ids.length)
  }
}
