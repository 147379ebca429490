import { z } from "zod"

import { NoAnswer } from "../ask-daemon.ts"
import { ControlFailed, type ControlConnection } from "./control-connection.ts"
import type { Question, Reply } from "./control-frames.ts"
import type { Usage } from "./host-messages.ts"
import type { Line } from "./instance.ts"
import type { Recording } from "./recorder.ts"
import type { InstanceWish, Site, SiteInstance, SiteOptions } from "./site.ts"

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never

const Started = z.object({ identity: z.string(), peerId: z.string(), startMs: z.number() })
const Asked = z.object({ status: z.number(), text: z.string() })
const Usages = z.custom<readonly Usage[]>(Array.isArray)
const Recordings = z.custom<readonly Recording[]>(Array.isArray)

/** Another machine, which joined. */
export class RemoteSite implements Site {
  readonly #connection: ControlConnection
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #listeners = new Map<number, (frame: string) => void>()
  #nextId = 0
  #count = 0

  private constructor(connection: ControlConnection) {
    this.#connection = connection
    connection.onLine((line) => this.#take(JSON.parse(line)))
    connection.onEnd(() => {
      for (const { reject } of this.#waiting.values()) reject(new ControlFailed("a machine of the run is gone"))
      this.#waiting.clear()
    })
  }

  static async open(connection: ControlConnection, options: SiteOptions): Promise<RemoteSite> {
    const site = new RemoteSite(connection)
    const { perProcess, entropy, connections, discovery, localOnly } = options
    const needed = { perProcess, entropy, connections, discovery, localOnly }
    await site.#ask(z.unknown(), { kind: "open", options: needed })
    return site
  }

  async start(wish: InstanceWish): Promise<SiteInstance> {
    const instance = this.#count++
    const started = await this.#ask(Started, { kind: "start", wish })
    const line: Line = {
      ask: async (method, path, body) => await this.#ask(Asked, { kind: "ask", instance, method, path, body }),
      onFrame: (listener) => void this.#listeners.set(instance, listener),
      [Symbol.dispose]: () => void this.#listeners.delete(instance),
    }
    return { started, line }
  }

  async usage(): Promise<readonly Usage[]> {
    return await this.#ask(Usages, { kind: "usage" })
  }

  async recordings(): Promise<readonly Recording[]> {
    return await this.#ask(Recordings, { kind: "recordings" })
  }

  pids(): readonly number[] {
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#connection.ended) await this.#ask(z.unknown(), { kind: "end" }).catch(() => {})
    this.#connection[Symbol.dispose]()
  }

  async #ask<T>(shape: z.ZodType<T>, question: WithoutId<Question>): Promise<T> {
    if (this.#connection.ended) throw new ControlFailed("a machine of the run is gone")
    const id = this.#nextId++
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    this.#connection.send({ id, ...question })
    return shape.parse(await waiting.promise)
  }

  #take(reply: Reply): void {
    if ("frame" in reply) {
      this.#listeners.get(reply.instance)?.(reply.frame)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ("value" in reply) waiting?.resolve(reply.value)
    else waiting?.reject(reply.gone ? new NoAnswer(reply.failed) : new ControlFailed(reply.failed))
  }
}
