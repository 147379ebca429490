import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

import { KeyIds, KeyRequest } from "@starling/eaas/kme"
import { describe, expect, test } from "vitest"
import { parse } from "yaml"
import { z } from "zod"
import { kmePair, PATIENCE, transportTo } from "./kme-pair.ts"

type Json = Parameters<typeof z.fromJSONSchema>[0]
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

/** Written from the text of ETSI GS QKD 014 V1.1.1, with the standard's own examples; not part of this repository. */
const contract = fileURLToPath(new URL("../../../../../shared/contract/", import.meta.url))
const isThere = existsSync(`${contract}etsi014.openapi.yaml`)

describe.skipIf(!isThere)("against the standard's OpenAPI description (needs the contract)", () => {
  const api = (isThere ? parse(readFileSync(`${contract}etsi014.openapi.yaml`, "utf8")) : undefined) as OpenApi
  const { examples } = (isThere ? JSON.parse(readFileSync(`${contract}etsi014.examples.json`, "utf8")) : {}) as {
    examples: readonly { readonly schema: string; readonly json: unknown }[]
  }
  const schema = (name: string) => z.fromJSONSchema(api.components.schemas[name]!)

  test("our answers are what it describes", async () => {
    const alice = transportTo(kmePair(4096).here, "alice")
    const status = await alice.call("GET", "/api/v1/keys/bob/status", undefined, PATIENCE)
    schema("Status").parse(status.body)
    const keys = await alice.call("POST", "/api/v1/keys/bob/enc_keys", { number: 3, size: 1024 }, PATIENCE)
    schema("KeyContainer").parse(keys.body)
    schema("KeyContainer").parse((await alice.call("GET", "/api/v1/keys/bob/enc_keys", undefined, PATIENCE)).body)
    const refused = await alice.call("POST", "/api/v1/keys/bob/enc_keys", { size: 100 }, PATIENCE)
    schema("Error").parse(refused.body)
    const short = await alice.call("POST", "/api/v1/keys/bob/enc_keys", { number: 128, size: 32_768 }, PATIENCE)
    expect(short.status).toBe(503)
    schema("Error").parse(short.body)
  })

  test("every path and method that it names is answered, and only those", async () => {
    const pair = kmePair(65_536)
    for (const [template, operations] of Object.entries(api.paths)) {
      const isDec = template.includes("master")
      const path = template.replace(/\{[^}]+\}/, isDec ? "alice" : "bob")
      const transport = isDec ? transportTo(pair.there, "bob") : transportTo(pair.here, "alice")
      for (const method of ["GET", "POST"] as const) {
        const { status } = await transport.call(method, path, method === "POST" ? {} : undefined, PATIENCE)
        expect({ path, method, isServed: status !== 405 && status !== 404 }).toEqual({
          path,
          method,
          isServed: method.toLowerCase() in operations,
        })
      }
    }
  })

  test("its own examples are read as they are", () => {
    for (const { schema: name, json } of examples) {
      schema(name).parse(json)
      if (name === "KeyRequest") expect(KeyRequest.safeParse(json).success).toBe(true)
      if (name === "KeyIDs") expect(KeyIds.safeParse(json).success).toBe(true)
    }
    expect(examples).toHaveLength(8)
  })

  test("its own requests get the answers that it says", async () => {
    const alice = transportTo(kmePair(4096).here, "alice")
    const requests = examples.filter(({ schema: name }) => name === "KeyRequest").map(({ json }) => json as object)
    const answers = await Promise.all(
      requests.map(async (request) => await alice.call("POST", "/api/v1/keys/bob/enc_keys", request, PATIENCE)),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 400])
    expect(answers[0]!.body).toMatchObject({ keys: [{}, {}, {}] })
    expect(answers[2]!.body).toEqual({
      message: "not all extension_mandatory parameters are supported",
      details: [
        { extension_mandatory_unsupported: "abc_route_type is not supported" },
        { extension_mandatory_unsupported: "abc_transfer_method is not supported" },
      ],
    })
  })
})
