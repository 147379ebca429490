import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { forwardOf, patience, rivalRequests, testPlatform } from "@starling/eaas/test-platform"
import { IdealProofs } from "@starling/proof/ideal"
import { afterAll, expect, test } from "vitest"

import { ByTheMinute } from "../src/operations/by-the-minute.ts"
import { figure, figures, prometheusText } from "../src/operations/figure.ts"
import { outcomesOf } from "../src/operations/readiness.ts"
import { validationFigures } from "../src/operations/role-figures.ts"
import { statusPage } from "../src/operations/status-page.ts"
import { PlatformSource } from "../src/source/platform-source.ts"

const folder = mkdtempSync(join(tmpdir(), "starling-operations-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("counts are told as of the last whole minute, whenever they are asked for", () => {
  let now = 60_000
  const counts = new ByTheMinute(() => now)
  counts.add("answered")
  now = 119_999
  counts.add("answered")
  expect(counts.told.get("answered")).toBeUndefined()
  now = 120_000
  counts.add("answered")
  expect(counts.told.get("answered")).toBe(2)
  now = 180_000
  expect(counts.told.get("answered")).toBe(3)
})

test("a key counts once, however often its answer is fetched; repeats and refusals are counted apart", async () => {
  const proofs = new IdealProofs()
  await using at = await testPlatform({ verifier: proofs })
  let now = 0
  const counts = new ByTheMinute(() => now)
  const pvs = await at.openPvs(at.database, { observe: (outcome) => counts.add(outcome) })
  const [request = new Uint8Array()] = await rivalRequests(at, proofs, 1)
  for (const frame of [request, request, request, new Uint8Array(1)]) await pvs.request(forwardOf(at, frame), patience)
  await using source = await PlatformSource.open(folder, { kind: "simulator" }, () => undefined)
  now = 60_000
  const text = await prometheusText(validationFigures(source, counts))
  expect(text).toContain("starling_eaas_keys_issued_total 1\n")
  expect(text).toContain("starling_eaas_answers_repeated_total 2\n")
  expect(text).toContain('starling_eaas_refusals_total{reason="malformed"} 1\n')
  expect(text.match(/^starling_eaas_refusals_total/gm)).toHaveLength(1)
})

test("metrics have Prometheus's text format, and a figure without a value has no line", async () => {
  const text = await prometheusText([
    figure("a_total", "counter", "Things", () => 3),
    figure("b", "gauge", "Nothing yet", () => null),
    figures("c", "gauge", "By kind", "kind", () => new Map([['odd "one"', 0.5]])),
  ])
  expect(text).toBe(
    [
      "# HELP a_total Things",
      "# TYPE a_total counter",
      "a_total 3",
      "# HELP b Nothing yet",
      "# TYPE b gauge",
      "# HELP c By kind",
      "# TYPE c gauge",
      'c{kind="odd \\"one\\""} 0.5',
      "",
    ].join("\n"),
  )
})

test("a check that throws has failed, and the page says which one", async () => {
  const outcomes = await outcomesOf({
    database: () => {
      throw new Error("gone")
    },
    source: () => true,
  })
  expect(outcomes).toEqual({ database: false, source: true })
  expect(statusPage("PVS", outcomes, [])).toContain("Not ready: database.")
})

test("the page draws a figure's course, and nothing that it shows is taken for markup", () => {
  const drawn = figure("x", "gauge", "A <b>value</b>", () => 2)
  const page = statusPage("P&S", {}, [{ figure: drawn, of: "", points: [1, undefined, 2] }])
  expect(page).toContain("A &lt;b&gt;value&lt;/b&gt;")
  expect(page).toContain("<h1>P&amp;S</h1>")
  expect(page).toContain('points="0.0,62.0 320.0,2.0"')
  expect(page).not.toMatch(/<script|style=|http:/)
})
