import { spawn } from "node:child_process"
import { once } from "node:events"
import { createReadStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"

/** What a process did to the files of one folder, in order. Paths are relative to the folder; `.` is the folder itself. */
export type DiskEvent =
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly path: string; readonly length: number }
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "unlink"; readonly path: string }
  /** A line that the process printed: what it acknowledged. */
  | { readonly kind: "acknowledge"; readonly line: string }

const CALLS =
  "open,openat,creat,mkdir,close,lseek,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,sync_file_range,unlink,unlinkat,rename,renameat,renameat2,dup,dup2,dup3,mmap"

/** Runs a Node script under strace until it ends, and returns what it did to `folder`. Throws on a call that the model doesn't know. */
export async function recordDisk(
  script: string,
  args: readonly string[],
  folder: string,
): Promise<readonly DiskEvent[]> {
  const scratch = await mkdtemp(join(tmpdir(), "starling-trace-"))
  try {
    const trace = join(scratch, "trace")
    const child = spawn(
      "strace",
      [
        "-f",
        "-qq",
        "-y",
        "-xx",
        "-s",
        "16777216",
        "-e",
        `trace=${CALLS}`,
        "-o",
        trace,
        process.execPath,
        script,
        ...args,
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    )
    const [code] = await once(child, "exit")
    if (code !== 0) throw new Error(`the recorded process ended with ${code}`)
    return await readTrace(trace, resolve(folder))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function readTrace(file: string, folder: string): Promise<readonly DiskEvent[]> {
  const events: DiskEvent[] = []
  const offsets = new Map<string, number>()
  const unfinished = new Map<string, string>()
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const [, pid = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(pid, rest.slice(0, -"<unfinished ...>".length))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const call = resumed ? (unfinished.get(pid) ?? "") + (resumed[1] ?? "") : rest
    readCall(call, folder, offsets, events)
  }
  return events
}

function readCall(call: string, folder: string, offsets: Map<string, number>, events: DiskEvent[]): void {
  const [, name = "", args = "", result = ""] = /^(\w+)\((.*)\)\s+=\s+(-?\d+|0x[0-9a-f]+)/.exec(call) ?? []
  if (name === "" || result.startsWith("-")) return
  if (name === "write" && args.startsWith("1<")) {
    for (const text of new TextDecoder().decode(bytesOf(args)).split("\n"))
      if (text !== "") events.push({ kind: "acknowledge", line: text })
    return
  }
  const path = name === "openat" || name === "open" ? undefined : relativeTo(folder, descriptorPath(args))
  switch (name) {
    case "openat":
    case "open": {
      const opened = relativeTo(folder, descriptorPath(call.slice(call.lastIndexOf("= ") + 2)))
      if (opened === undefined) return
      offsets.set(key(call.slice(call.lastIndexOf("= ") + 2)), 0)
      if (args.includes("O_CREAT")) events.push({ kind: "create", path: opened })
      if (args.includes("O_TRUNC")) events.push({ kind: "truncate", path: opened, length: 0 })
      return
    }
    case "pwrite64":
      if (path !== undefined)
        events.push({
          kind: "write",
          path,
          offset: Number(lastNumber(args)),
          bytes: bytesOf(args).slice(0, Number(result)),
        })
      return
    case "write": {
      if (path === undefined) return
      const at = offsets.get(key(args)) ?? 0
      events.push({ kind: "write", path, offset: at, bytes: bytesOf(args).slice(0, Number(result)) })
      offsets.set(key(args), at + Number(result))
      return
    }
    case "lseek":
      if (path !== undefined) offsets.set(key(args), Number(result))
      return
    case "ftruncate":
      if (path !== undefined) events.push({ kind: "truncate", path, length: Number(lastNumber(args)) })
      return
    case "fsync":
    case "fdatasync":
      if (path !== undefined) events.push({ kind: "sync", path })
      return
    case "unlink":
    case "unlinkat": {
      const removed = relativeTo(folder, new TextDecoder().decode(bytesOf(args)))
      if (removed !== undefined) events.push({ kind: "unlink", path: removed })
      return
    }
    case "mkdir": {
      const made = relativeTo(folder, new TextDecoder().decode(bytesOf(args)))
      if (made !== undefined && made !== ".") throw new Error(`the model knows no folder inside the folder: ${made}`)
      return
    }
    case "close":
    case "mmap":
      if (name === "mmap" && path !== undefined && args.includes("PROT_WRITE") && args.includes("MAP_SHARED"))
        throw new Error(`the model knows no shared writable mapping, of ${path}`)
      return
    default:
      if (path !== undefined) throw new Error(`the model does not know ${name} on ${path}`)
  }
}

/** `3</path>` names descriptor and path; strace -xx escapes neither in the angle brackets but the path's bytes. */
function descriptorPath(text: string): string | undefined {
  const path = /(?:^|[\s,(])\d+<([^>]*)>/.exec(text)?.[1]
  return path === undefined ? undefined : new TextDecoder().decode(unescapeHex(path))
}

function key(text: string): string {
  return /\d+</.exec(text)?.[0] ?? ""
}

function relativeTo(folder: string, path: string | undefined): string | undefined {
  if (path === folder) return "."
  return path?.startsWith(`${folder}/`) === true ? path.slice(folder.length + 1) : undefined
}

function bytesOf(args: string): Uint8Array {
  return unescapeHex(/"((?:\\x[0-9a-f]{2})*)"/.exec(args)?.[1] ?? "")
}

function unescapeHex(text: string): Uint8Array {
  return text.startsWith("\\x")
    ? new Uint8Array(Buffer.from(text.replaceAll("\\x", ""), "hex"))
    : new TextEncoder().encode(text)
}

function lastNumber(args: string): string {
  return /(\d+)\s*$/.exec(args)?.[1] ?? "0"
}
