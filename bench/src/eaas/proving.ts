import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"

import { statementOf, verifyProof } from "@starling/proof"
import { honest } from "@starling/proof/forging"
import { ARTIFACTS_FOLDER, circuitInputs, encodeGroth16, loadArtifacts, Prover } from "@starling/proof/node"
import { chromium } from "playwright-core"
import { z } from "zod"
import { medianOf, type FigureModule } from "./figure.ts"

const CHROMIUM = "/usr/bin/chromium"
const ORIGIN = "http://prover.invalid"

const Proved = z.object({
  milliseconds: z.number(),
  proof: z.object({
    pi_a: z.array(z.string()),
    pi_b: z.array(z.array(z.string())),
    pi_c: z.array(z.string()),
    protocol: z.literal("groth16"),
    curve: z.literal("bn128"),
  }),
})

/** What a proof of depth 20 costs a client: in Node as the peer makes it, and in a page. */
export const proving: FigureModule = {
  name: "proving",
  async *measure({ repeats }) {
    await using prover = await Prover.open()
    const samples: number[] = []
    for (let i = 0; i <= repeats; i++)
      samples.push((await prover.prove(honest, AbortSignal.timeout(300_000))).milliseconds)
    yield { figure: "first proof in Node, depth 20", value: samples[0] ?? Number.NaN, unit: "ms" }
    yield { figure: "proof in Node, depth 20, median", value: medianOf(samples.slice(1)), unit: "ms" }
    if (!existsSync(CHROMIUM)) return
    yield { figure: "proof in Chromium, depth 20, median", value: medianOf(await inChromium(repeats)), unit: "ms" }
  },
}

/** Times of warm proofs, each verified by our verifier. The page reaches nothing but what is given to it here. */
async function inChromium(repeats: number): Promise<readonly number[]> {
  const prover = fileURLToPath(new URL("build/snarkjs.min.js", import.meta.resolve("snarkjs")))
  const { witnessProgram, provingKey } = await loadArtifacts(ARTIFACTS_FOLDER)
  const files = new Map([
    ["/", Buffer.from("<!doctype html><script src=prover.js></script>")],
    ["/prover.js", await readFile(prover)],
    ["/circuit.wasm", Buffer.from(witnessProgram)],
    ["/key.zkey", Buffer.from(provingKey)],
  ])
  await using browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] })
  const page = await browser.newPage()
  page.setDefaultTimeout(300_000)
  await page.route("**/*", async (route) => {
    const body = files.get(new URL(route.request().url()).pathname)
    await (body === undefined ? route.abort() : route.fulfill({ body, contentType: typeOf(route.request().url()) }))
  })
  await page.goto(ORIGIN)
  const inputs = Object.fromEntries(
    Object.entries(circuitInputs(honest)).map(([name, value]) => [
      name,
      typeof value === "bigint" ? String(value) : value.map(String),
    ]),
  )
  const samples: number[] = []
  for (let i = 0; i <= repeats; i++) {
    const { milliseconds, proof } = Proved.parse(await page.evaluate(proveInPage(inputs)))
    if (verifyProof(statementOf(honest), encodeGroth16(proof)).kind !== "valid")
      throw new Error("Chromium proved nonsense")
    samples.push(milliseconds)
  }
  return samples.slice(1)
}

/** Code for the page, where `snarkjs` is a global. */
function proveInPage(inputs: object): string {
  return `(async () => {
    const begin = performance.now()
    const { proof } = await snarkjs.groth16.fullProve(${JSON.stringify(inputs)}, "/circuit.wasm", "/key.zkey")
    return { milliseconds: performance.now() - begin, proof }
  })()`
}

function typeOf(url: string): string {
  if (url.endsWith(".js")) return "text/javascript"
  return url.endsWith("/") ? "text/html" : "application/octet-stream"
}
