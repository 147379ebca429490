import { expect, vi } from "vitest"

import { fromUtf8, utf8, type Bytes } from "@starling/kernel"
import type { DirectProtocol, PeerLink, Transport, TransportEvents } from "@starling/messenger/ports"
import { openNode, type NodeOptions, type NodeReport } from "@starling/p2p"

import { LOOPBACK, patience, seed } from "./children/seeds.ts"

export type Answer = (payload: Bytes, from: string, signal: AbortSignal, protocol: DirectProtocol) => Promise<Bytes>

/** A node, and everything that it told since it was started. */
export interface Peer extends AsyncDisposable {
  readonly transport: Transport
  readonly peerId: string
  readonly connected: PeerLink[]
  readonly disconnected: string[]
  readonly gossip: { readonly topic: string; readonly text: string; readonly from: string }[]
  readonly reports: NodeReport[]
}

/** Answers every request with the same bytes, unless told otherwise. */
export async function openPeer(
  name: string,
  options: Partial<NodeOptions> & { readonly answer?: Answer } = {},
): Promise<Peer> {
  const { answer = async (payload: Bytes) => payload, ...rest } = options
  const reports: NodeReport[] = []
  const transport = await openNode({
    seed: seed(name),
    listen: [LOOPBACK],
    mdns: false,
    clock: () => Date.now(),
    report: (event) => reports.push(event),
    ...rest,
  })
  const connected: PeerLink[] = []
  const disconnected: string[] = []
  const gossip: { topic: string; text: string; from: string }[] = []
  const events: TransportEvents = {
    connected: (link) => connected.push(link),
    disconnected: (peerId) => disconnected.push(peerId),
    gossip: (topic, data, from) => gossip.push({ topic, text: fromUtf8(data) ?? "", from }),
    request: (protocol, payload, from, signal) => answer(payload, from, signal, protocol),
  }
  await transport.start(events)
  const { peerId } = transport
  return {
    transport,
    peerId,
    connected,
    disconnected,
    gossip,
    reports,
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

/** Connects `a` to `b`; resolves when both know of each other. */
export async function meet(a: Peer, b: Peer): Promise<void> {
  await a.transport.dial(b.peerId, b.transport.addresses(), patience())
  await eventually(() => {
    expect(a.transport.links().map((link) => link.peerId)).toContain(b.peerId)
    expect(b.transport.links().map((link) => link.peerId)).toContain(a.peerId)
  })
}

/** Resolves when what one peer publishes on the topic goes to as many neighbours. Receivers see messages that begin with "probe". */
export async function subscribersReach(peer: Peer, topic: string, count: number): Promise<void> {
  let attempt = 0
  await eventually(async () => {
    expect(await peer.transport.publish(topic, utf8(`probe ${peer.peerId} ${attempt++}`))).toBe(count)
  })
}

export function texts(peer: Peer): string[] {
  return peer.gossip.map(({ text }) => text).filter((text) => !text.startsWith("probe"))
}

export async function eventually(check: () => void | Promise<void>, timeout = 10_000): Promise<void> {
  await vi.waitFor(check, { timeout, interval: 25 })
}
