import { once } from "node:events"

import { WebSocket } from "ws"
import { z } from "zod"

const Targets = z.array(z.object({ webSocketDebuggerUrl: z.string() }))
const Answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
})
const Evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z.object({ text: z.string() }).optional(),
})

/** Flags that let `Inspector.connect` in at this port. */
export function inspectedAt(port: number): readonly string[] {
  return [`--inspect=127.0.0.1:${port}`, "--inspect-publish-uid=http"]
}

/** Looks into another Node process, by V8's inspector protocol. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #count = 0

  static async connect(port: number): Promise<Inspector> {
    const listed = await fetch(`http://127.0.0.1:${port}/json/list`)
    const [target] = Targets.parse(await listed.json())
    if (target === undefined) throw new Error(`nothing to inspect at port ${port}`)
    const socket = new WebSocket(target.webSocketDebuggerUrl, { maxPayload: 2 ** 29, perMessageDeflate: false })
    await once(socket, "open")
    return new Inspector(socket)
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on("message", (frame: Buffer) => {
      const answer = Answer.safeParse(JSON.parse(frame.toString("utf8")))
      if (!answer.success) return
      const { id, result, error } = answer.data
      if (error === undefined) this.#waiting.get(id)?.resolve(result)
      else this.#waiting.get(id)?.reject(new Error(error.message))
      this.#waiting.delete(id)
    })
  }

  async post<T>(method: string, shape: z.ZodType<T>, params: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const id = ++this.#count
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return shape.parse(await answer.promise)
  }

  /** What `expression` is in there, as JSON has it; a promise is awaited. */
  async evaluate<T>(expression: string, shape: z.ZodType<T>): Promise<T> {
    const { result, exceptionDetails } = await this.post("Runtime.evaluate", Evaluated, {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined) throw new Error(`${exceptionDetails.text} in ${expression}`)
    return shape.parse(result.value)
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }
}
