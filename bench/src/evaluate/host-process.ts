import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

import type { Answer, InstanceOrder, Order, StartedInstance, Usage } from "./host-messages.ts"
import type { Recording } from "./recorder.ts"

const HOST = join(import.meta.dirname, "host.ts")
const FAREWELL_MS = 20_000

/** A process with some of the instances in it has gone, or could not do as it was told. */
export class HostFailed extends Error {
  override readonly name = "HostFailed"
}

/** A process that hosts instances, as seen by who started it. */
export class HostProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  #last: Promise<unknown> = Promise.resolve()

  constructor() {
    this.#child = fork(HOST, [], { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] })
    this.#child.on("error", () => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async start(instance: InstanceOrder): Promise<StartedInstance> {
    const answer = await this.#ask({ kind: "start", instance })
    if (answer.kind !== "started") throw new TypeError(`an order to start was answered with ${answer.kind}`)
    return answer.instance
  }

  async usage(): Promise<Usage> {
    const answer = await this.#ask({ kind: "usage" })
    if (answer.kind !== "usage") throw new TypeError(`a question for usage was answered with ${answer.kind}`)
    return answer.usage
  }

  /** In the order in which the instances were started. */
  async recordings(): Promise<readonly Recording[]> {
    const answer = await this.#ask({ kind: "recordings" })
    if (answer.kind !== "recordings") throw new TypeError(`a question for recordings was answered with ${answer.kind}`)
    return answer.recordings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded()) return
    const exit = once(this.#child, "exit")
    if (this.#child.connected) this.#child.send({ kind: "end" } satisfies Order, () => {})
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), FAREWELL_MS)
    await exit
    clearTimeout(timer)
  }

  async #ask(order: Order): Promise<Answer> {
    const turn = this.#last.catch(() => {}).then(async () => await this.#exchange(order))
    this.#last = turn
    return await turn
  }

  async #exchange(order: Order): Promise<Answer> {
    if (this.#hasEnded()) throw this.#gone()
    const child = this.#child
    const answer = await new Promise<Answer>((resolve, reject) => {
      const onMessage = (message: Answer): void => {
        child.off("exit", onExit)
        resolve(message)
      }
      const onExit = (): void => {
        child.off("message", onMessage)
        reject(this.#gone())
      }
      child.once("message", onMessage).once("exit", onExit)
      child.send(order, () => {})
    })
    if (answer.kind === "failed") throw new HostFailed(answer.why)
    return answer
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #gone(): HostFailed {
    const { pid, exitCode, signalCode } = this.#child
    return new HostFailed(`process ${pid}, which hosts instances, ended with ${signalCode ?? exitCode}`)
  }
}
