import { readFileSync } from "node:fs"

import { expect, test } from "vitest"
import { parse } from "yaml"
import { z } from "zod"

import { readCommand } from "../src/config.ts"

const Compose = z.object({
  services: z.record(z.string(), z.object({ command: z.array(z.string()), volumes: z.array(z.string()) })),
})
const { services } = Compose.parse(
  parse(readFileSync(new URL("../compose.yaml", import.meta.url), "utf8"), { merge: true }),
)

test.for(Object.entries(services))("the compose file starts %s with arguments that it takes", ([name, { command }]) => {
  const key = "ab".repeat(32)
  const given = command.map((argument) =>
    argument.replaceAll(/\$\{(\w+)(?::\?|:-([^}]*))\}/g, (_, _variable: string, preset?: string) => preset ?? key),
  )
  expect(readCommand(given)).toMatchObject({ command: name, listen: "0.0.0.0" })
})

test("no two roles share a volume", () => {
  const volumes = Object.values(services).flatMap((service) => service.volumes)
  expect(new Set(volumes).size).toBe(volumes.length)
})
