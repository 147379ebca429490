import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"

/** What a process did to the files of one folder, and what it said, in order. */
export type Operation =
  | { readonly kind: "create" | "unlink"; readonly name: string }
  | { readonly kind: "write"; readonly name: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly name: string; readonly length: number }
  /** Of a file, or of the folder itself: `name` is then ".". */
  | { readonly kind: "sync"; readonly name: string }
  | { readonly kind: "said"; readonly text: string }

const CALLS = "openat,pwrite64,pwritev,write,fsync,fdatasync,ftruncate,unlink,rename,fallocate"

export const canTrace = spawnSync("strace", ["-V"]).status === 0

/** Runs a script on a folder under strace. Only its main thread is looked at: everything here is synchronous. */
export function record(script: string, folder: string): readonly Operation[] {
  const log = join(dirname(folder), "trace")
  const options = ["-y", "-xx", "-s", "100000000", "-e", `trace=${CALLS}`, "-o", log]
  const run = spawnSync("strace", [...options, process.execPath, script, folder], { stdio: "ignore" })
  if (run.status !== 0) throw new Error("the recorded process failed")
  const existing = new Set<string>()
  return readFileSync(log, "latin1")
    .split("\n")
    .flatMap((line) => operation(line, folder, existing) ?? [])
}

function operation(line: string, folder: string, existing: Set<string>): Operation | undefined {
  const call = /^(\w+)\((.*)\)\s+= (\d+)/.exec(line)
  if (call === null) return undefined
  const [, kind = "", args = ""] = call
  const path = unescape(/^\d+<([^>]*)>/.exec(args)?.[1] ?? /"([^"]*)"/.exec(args)?.[1] ?? "").toString()
  if (kind === "write" && args.startsWith("1<")) return { kind: "said", text: data(args).toString() }
  if (kind === "openat" || path === folder) return opened(kind, path, args, folder, existing)
  if (dirname(path) !== folder) return undefined
  const name = basename(path)
  const last = Number(args.split(", ").at(-1))
  switch (kind) {
    case "pwrite64":
      return { kind: "write", name, at: last, bytes: data(args) }
    case "ftruncate":
      return { kind: "truncate", name, length: last }
    case "fsync":
    case "fdatasync":
      return { kind: "sync", name }
    case "unlink":
      existing.delete(name)
      return { kind: "unlink", name }
    default:
      throw new Error(`the model does not know ${line.slice(0, 100)}`)
  }
}

function opened(
  kind: string,
  path: string,
  args: string,
  folder: string,
  existing: Set<string>,
): Operation | undefined {
  if (kind === "fsync" && path === folder) return { kind: "sync", name: "." }
  const name = basename(path)
  if (dirname(path) !== folder || !args.includes("O_CREAT") || existing.has(name)) return undefined
  existing.add(name)
  return { kind: "create", name }
}

function data(args: string): Buffer {
  return unescape(/"([^"]*)"/.exec(args)?.[1] ?? "")
}

function unescape(text: string): Buffer {
  return text.includes("\\x") ? Buffer.from(text.replaceAll("\\x", ""), "hex") : Buffer.from(text)
}
