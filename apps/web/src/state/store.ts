import { create } from "zustand"

import { emptyWorld, type World } from "./world.ts"

export const useWorld = create<World>()(() => emptyWorld)

export function change(by: (world: World) => World): void {
  useWorld.setState((world) => by(world))
}
