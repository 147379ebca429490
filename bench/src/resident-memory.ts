import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { z } from "zod"

import type { Daemon } from "./daemon.ts"

const ApiFile = z.object({ pid: z.number() })

/** Resident memory of a daemon's process, in units of 2^20 bytes. */
export async function megabytesInMemory({ folder }: Daemon): Promise<number> {
  const { pid } = ApiFile.parse(JSON.parse(await readFile(join(folder, "api.json"), "utf8")))
  return await residentMegabytes(pid)
}

export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8")
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
}
