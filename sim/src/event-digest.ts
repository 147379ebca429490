import { createHash } from "node:crypto"

import { toHex } from "@starling/kernel"

import type { World } from "./world.ts"

/** A hash over everything that anybody did and sent, with its time: two runs with one digest are one run. */
export class EventDigest {
  readonly #hash = createHash("sha256")

  constructor(world: World) {
    world.watchers.push((person, _, { writes, effects }) => {
      this.#hash.update(`${world.now} ${person.name} ${writes.length}\n`)
      for (const effect of effects) {
        this.#hash.update(effect.kind)
        if (effect.kind === "publish") this.#hash.update(effect.topic).update(effect.data)
        if (effect.kind === "request") this.#hash.update(effect.peerId).update(effect.payload)
      }
    })
  }

  /** Of all so far; nothing can be added afterwards. */
  finish(): string {
    return toHex(new Uint8Array(this.#hash.digest()))
  }
}
