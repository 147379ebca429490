import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Fault } from "../api/fault.ts"
import { loadAssets, type Assets } from "../api/static.ts"

const BUILD = fileURLToPath(new URL("../../../web/scripts/build.ts", import.meta.url))
const DIST = fileURLToPath(new URL("../../../web/dist", import.meta.url))

/**
 * The UI, made anew where its sources have changed, by a process of its own: nothing of a build tool is in the daemon.
 * Never rejects before somebody asks for a page; then with a `Fault`.
 */
export function buildUi(report: (error: unknown) => void): Promise<Assets> {
  const assets = build().catch((cause: unknown) => {
    report(cause)
    throw new Fault(503, "no-ui", "the UI could not be built: the log has the reason. The command line works", {
      cause,
    })
  })
  assets.catch(() => {})
  return assets
}

async function build(): Promise<Assets> {
  const child = spawn(process.execPath, [BUILD], { stdio: ["ignore", "ignore", "pipe"] })
  let trouble = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    trouble += text
  })
  const [status]: unknown[] = await once(child, "close")
  if (status !== 0) throw new Error(`building the UI failed: ${trouble.trim()}`)
  return await loadAssets(DIST)
}
