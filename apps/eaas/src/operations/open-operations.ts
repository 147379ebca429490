import { Hono } from "hono"

import { emptyApp } from "../http/frames.ts"
import { listen } from "../http/serve.ts"
import type { Log } from "../log.ts"
import { prometheusText, type Figure } from "./figure.ts"
import { History } from "./history.ts"
import { outcomesOf, type Checks } from "./readiness.ts"
import { processFigures } from "./role-figures.ts"
import { STATUS_STYLE, statusPage } from "./status-page.ts"

export interface OperationsSettings {
  readonly role: string
  readonly checks: Checks
  readonly figures: readonly Figure[]
  /** Where metrics and status page are served; nowhere without it. */
  readonly at: { readonly host: string; readonly port: number } | undefined
}

/** Nothing but the page's own style: no script, no image, no frame, no form. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

/** Serves the metrics and the status page, for operators, on a port of their own; gives its address. */
export async function openOperations(
  settings: OperationsSettings,
  stack: AsyncDisposableStack,
  log: Log,
): Promise<string | undefined> {
  const { role, checks, at } = settings
  if (at === undefined) return undefined
  const figures = [...settings.figures, ...processFigures()]
  const history = stack.use(new History(figures))
  await history.sample()
  const app = emptyApp(log)
  app.route("/", readyRoutes(checks))
  app.get("/metrics", async (context) => {
    return context.text(await prometheusText(figures), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    })
  })
  app.get("/status", async (context) => {
    const page = statusPage(role, await outcomesOf(checks), history.series())
    return context.html(page, 200, { "content-security-policy": POLICY })
  })
  app.get("/status.css", (context) => context.body(STATUS_STYLE, 200, { "content-type": "text/css; charset=utf-8" }))
  const { port } = stack.use(await listen(app, at.port, at.host))
  return `http://${at.host}:${port}/`
}

/** Whether a role can serve, for whoever sends it work: 503 while it can't. */
export function readyRoutes(checks: Checks): Hono {
  return new Hono().get("/ready", async (context) => {
    const outcomes = await outcomesOf(checks)
    const ready = Object.values(outcomes).every(Boolean)
    return context.json({ version: 1, ready, checks: outcomes }, ready ? 200 : 503)
  })
}
