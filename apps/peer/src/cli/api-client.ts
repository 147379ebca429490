import { readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { CliError } from "./cli-error.ts"

/** `api.json` in the data folder: how to reach the daemon that runs on it. */
const ApiFile = z.object({ version: z.literal(1), url: z.url(), key: z.string(), pid: z.number() })
const Fault = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** Calls the local API; every fault becomes a `CliError` with the daemon's own code and message. */
export class ApiClient {
  readonly #url: string
  readonly #key: string
  readonly #dataFolder: string

  private constructor({ url, key }: z.infer<typeof ApiFile>, dataFolder: string) {
    this.#url = url
    this.#key = key
    this.#dataFolder = dataFolder
  }

  /** The daemon that runs on `dataFolder`. Throws `CliError` `not-running`. */
  static connect(dataFolder: string): ApiClient {
    return new ApiClient(readApiFile(dataFolder), dataFolder)
  }

  async get<T>(path: string): Promise<T> {
    return await this.#call<T>("GET", path)
  }

  async post<T>(path: string, body?: object): Promise<T> {
    return await this.#call<T>("POST", path, body)
  }

  async put<T>(path: string, body: object): Promise<T> {
    return await this.#call<T>("PUT", path, body)
  }

  async delete<T>(path: string): Promise<T> {
    return await this.#call<T>("DELETE", path)
  }

  /** A call that is answered by its success alone. */
  async tell(path: string): Promise<void> {
    await this.#send("POST", path)
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    return await (await this.#send(method, path, body)).json()
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#key}` }
    if (body !== undefined) headers["content-type"] = "application/json"
    let response: Response
    try {
      response = await fetch(new URL(path, this.#url), {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (cause) {
      throw new CliError("not-running", `no daemon answers at ${this.#url}: ${howToStart(this.#dataFolder)}`, 1, {
        cause,
      })
    }
    if (response.ok) return response
    const fault = Fault.safeParse(parseJson(await response.text()))
    if (!fault.success) throw new CliError("internal", `the daemon answered ${response.status} to ${method} ${path}`)
    throw new CliError(fault.data.error.code, fault.data.error.message)
  }
}

function readApiFile(dataFolder: string): z.infer<typeof ApiFile> {
  const notRunning = `no daemon runs on ${dataFolder}: ${howToStart(dataFolder)}`
  let text: string
  try {
    text = readFileSync(join(dataFolder, "api.json"), "utf8")
  } catch (cause) {
    throw new CliError("not-running", notRunning, 1, { cause })
  }
  const parsed = ApiFile.safeParse(parseJson(text))
  if (!parsed.success) throw new CliError("not-running", notRunning)
  return parsed.data
}

function howToStart(dataFolder: string): string {
  return `start it with \`starling up --data ${dataFolder}\``
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
