import { once } from "node:events"
import { connect } from "node:net"

import { NoAnswer } from "../ask-daemon.ts"
import { ControlConnection, ControlFailed } from "./control-connection.ts"
import type { Question } from "./control-frames.ts"
import { LocalSite, type SiteInstance } from "./site.ts"

export interface JoinOptions {
  readonly host: string
  readonly port: number
  readonly token: string
  /** IPv4 address of this machine that the peers listen on. */
  readonly address: string
}

/** Lends this machine to a run that another one leads, until that one ends it or is gone. Throws `ControlFailed`. */
export async function joinRun(options: JoinOptions, folder: string, signal: AbortSignal): Promise<void> {
  const { host, port, token, address } = options
  const socket = connect({ host, port })
  try {
    await once(socket, "connect", { signal })
  } catch (cause) {
    socket.destroy()
    throw new ControlFailed(`nobody leads a run at ${host}:${port}`, { cause })
  }
  using connection = await ControlConnection.open(socket, "joins", token)
  const ended = Promise.withResolvers<void>()
  const gone = new AbortController()
  connection.onEnd(() => {
    gone.abort()
    ended.resolve()
  })
  const stop = AbortSignal.any([signal, gone.signal])
  stop.addEventListener("abort", () => ended.resolve(), { once: true })
  await using resources = new AsyncDisposableStack()
  const instances: SiteInstance[] = []
  let site: LocalSite | undefined
  const openSite = (): LocalSite => {
    if (site === undefined) throw new ControlFailed("the leading machine asks before it has opened the run")
    return site
  }

  const answer = async (question: Question): Promise<unknown> => {
    switch (question.kind) {
      case "open":
        site = resources.use(await LocalSite.open(question.options, folder, address, stop))
        return {}
      case "start": {
        const number = instances.length
        const instance = await openSite().start(question.wish)
        instances.push(instance)
        instance.line.onFrame((frame) => connection.send({ instance: number, frame }))
        const { identity, peerId, startMs } = instance.started
        return { identity, peerId, startMs }
      }
      case "ask": {
        const line = instances[question.instance]?.line
        if (line === undefined) throw new ControlFailed("there is no such instance")
        return await line.ask(question.method, question.path, question.body)
      }
      case "usage":
        return await openSite().usage()
      case "recordings":
        return await openSite().recordings()
      case "end":
        await resources.disposeAsync()
        return {}
    }
  }

  connection.onLine((line) => {
    const question: Question = JSON.parse(line)
    answer(question).then(
      (value) => {
        connection.send({ id: question.id, value })
        if (question.kind === "end") ended.resolve()
      },
      (error: unknown) => {
        const failed = error instanceof Error ? error.message : String(error)
        connection.send({ id: question.id, failed, gone: error instanceof NoAnswer })
      },
    )
  })
  await ended.promise
}
