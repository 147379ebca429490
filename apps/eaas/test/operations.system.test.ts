import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, expect, test } from "vitest"

import { start } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-operations-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test("a platform says that it is ready, has metrics and a status page at a door of its own, and no person in any of it", async () => {
  await using at = await start("all", "--embedded", "--data", join(root, "all"), "--operations", "0")
  const { operations, url } = at.ready
  const get = async (path: string, base = operations!) => {
    const response = await fetch(new URL(path, base))
    return {
      status: response.status,
      text: await response.text(),
      policy: response.headers.get("content-security-policy"),
    }
  }
  expect(await get("/ready", url)).toMatchObject({
    status: 200,
    text: '{"version":1,"ready":true,"checks":{"database":true,"epoch":true,"source":true}}',
  })
  expect((await get("/metrics", url)).status).toBe(404)
  expect((await get("/status", url)).status).toBe(404)
  const metrics = (await get("/metrics")).text
  expect(metrics).toMatch(/^starling_eaas_source_up 1$/m)
  expect(metrics).toMatch(/^starling_eaas_link_stock_bytes\{origin="bootstrapped"\} \d+$/m)
  const page = await get("/status")
  expect(page.text).toContain("1 while the quantum source gives bytes")
  expect(page.policy).toMatch(/^default-src 'none'; style-src 'self'/)
  expect((await get("/status.css")).status).toBe(200)
  expect(metrics + page.text).not.toContain("this peer")
})
