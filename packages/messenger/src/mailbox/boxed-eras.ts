import type { Era } from "../group/era.ts"
import type { Group } from "../group/group.ts"
import { MAX_BOXED_ERAS } from "../limits.ts"

/** The eras whose keys this device has, oldest first: somebody may have been away since any of them. */
export function boxedEras(group: Group): Era[] {
  const nodes = [...group.forest.values()].sort((a, b) => a.epoch - b.epoch)
  const eras = new Map<string, Era>()
  for (const { era } of nodes) if (era !== undefined) eras.set(era.id, era)
  const live = group.forest.get(group.live)?.era
  if (live !== undefined && eras.delete(live.id)) eras.set(live.id, live)
  return [...eras.values()].slice(-MAX_BOXED_ERAS)
}
