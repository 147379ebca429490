import { MAX_CLOCK_DIFFERENCE, MAX_NEARBY } from "../limits.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { Turn } from "../peer/turn.ts"
import { encodeHello, type Hello } from "./hello-frame.ts"

export function ownHello(turn: Turn): Uint8Array {
  return encodeHello({ device: turn.own, name: turn.own.name, clock: turn.now })
}

/**
 * Takes note of a peer that introduced itself over its own stream. False where the certificate is of another peer than
 * the one that the stream is from.
 */
export function meet(turn: Turn, hello: Hello, from: PeerId): boolean {
  if (hello.device.peerId !== from) return false
  const known = turn.state.acquaintances.get(from)
  const clockAhead = hello.clock - turn.now
  const address = turn.state.links.get(from)?.address ?? known?.address ?? ""
  const { device, name } = hello
  if (known === undefined && turn.state.acquaintances.size >= MAX_NEARBY) forgetOneWhoLeft(turn)
  const acquaintances = new Map(turn.state.acquaintances).set(from, { device, name, clockAhead, address })
  turn.state = { ...turn.state, acquaintances }
  updateContact(turn, hello)
  if (clocksDiffer(clockAhead) && !clocksDiffer(known?.clockAhead ?? 0)) {
    const who = name === "" ? device.identity.slice(0, 8) : name
    turn.notify({ kind: "trouble", code: "clock-differs", text: clockText(who, clockAhead) })
  }
  return true
}

export function clocksDiffer(clockAhead: number): boolean {
  return Math.abs(clockAhead) > MAX_CLOCK_DIFFERENCE
}

export function clockText(who: string, clockAhead: number): string {
  const hours = Math.round(Math.abs(clockAhead) / 3_600_000)
  return `${who}'s clock and this one differ by ${hours} h: check date and time on both.`
}

function updateContact(turn: Turn, { device, name }: Hello): void {
  const contact = turn.state.durable.contacts.get(device.identity)
  if (contact === undefined || name === "" || contact.name === name) return
  const contacts = new Map(turn.state.durable.contacts).set(device.identity, { ...contact, name })
  turn.setDurable({ contacts })
}

function forgetOneWhoLeft(turn: Turn): void {
  const acquaintances = new Map(turn.state.acquaintances)
  for (const peerId of acquaintances.keys()) {
    if (turn.isConnected(peerId)) continue
    acquaintances.delete(peerId)
    break
  }
  turn.state = { ...turn.state, acquaintances }
}
