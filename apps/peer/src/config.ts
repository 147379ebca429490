import { homedir } from "node:os"
import { join } from "node:path"

/** What the surroundings say; the only reader of `process.env` in this app. */
export interface Config {
  /** Where a peer's data lies unless `--data` names another folder. */
  readonly dataFolder: string
  /** Whether a browser could be shown. */
  readonly display: boolean
}

/** Local API's port unless `--port` names another. */
export const DEFAULT_API_PORT = 7420

/** Any interface, any free port: peers on the same network reach each other without settings. */
export const DEFAULT_LISTEN: readonly string[] = ["/ip4/0.0.0.0/tcp/0"]

export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const dataHome = environment["XDG_DATA_HOME"]
  const base = dataHome !== undefined && dataHome.startsWith("/") ? dataHome : join(homedir(), ".local", "share")
  return {
    dataFolder: join(base, "starling"),
    display:
      process.platform === "darwin" ||
      process.platform === "win32" ||
      isSet(environment["DISPLAY"]) ||
      isSet(environment["WAYLAND_DISPLAY"]),
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ""
}

/** Share of the pool's capacity that is filled in the background. */
export const DEFAULT_FILL_TO = 0.5
