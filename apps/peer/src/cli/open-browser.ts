import { spawn } from "node:child_process"

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
}

/** Shows a page in the person's browser. Where that fails, the link was printed. */
export function openBrowser(url: string): void {
  const [command, ...options] = OPENERS[process.platform] ?? ["xdg-open"]
  const child = spawn(command, [...options, url], { stdio: "ignore", detached: true })
  child.on("error", () => {})
  child.unref()
}
