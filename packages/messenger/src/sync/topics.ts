import type { Group } from "../group/group.ts"
import type { Era } from "../group/era.ts"
import { ERA_GRACE } from "../limits.ts"
import { peerTopic } from "../invitation/outbox.ts"
import type { PeerState } from "../peer/state.ts"
import { takesPart } from "./request-sync.ts"

/** What this peer listens to: its own topic, and for each group the eras that somebody may still publish in. */
export function topicsOf(state: PeerState, now: number): Set<string> {
  const topics = new Set([peerTopic(state.durable.own.peerId)])
  for (const group of state.durable.groups.values()) for (const era of erasOf(group, now)) topics.add(era.topic)
  return topics
}

/** The era of the live state, and those of states that came, or got a child, within the last hour. */
export function erasOf(group: Group, now: number): Era[] {
  if (!takesPart(group)) return []
  const live = group.forest.get(group.live)
  const eras = new Map<string, Era>()
  for (const node of group.forest.values()) {
    if (node.placedAt < now - ERA_GRACE && node !== live) continue
    const parent = group.forest.get(node.parent ?? "")
    for (const era of [node.era, parent?.era]) if (era !== undefined) eras.set(era.id, era)
  }
  return [...eras.values()]
}
