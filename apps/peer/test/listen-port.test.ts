import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { osEntropy } from "@starling/entropy/node"
import { Secret } from "@starling/kernel"
import type { Transport } from "@starling/messenger/ports"
import { openNode } from "@starling/p2p"
import { openStore } from "@starling/store"
import { expect, onTestFinished, test } from "vitest"
import { openOnFormerPort } from "../src/daemon/listen-port.ts"

const ANY = ["/ip4/127.0.0.1/tcp/0"]

function portOf(transport: Transport): string | undefined {
  return /\/tcp\/(\d+)/.exec(transport.addresses()[0] ?? "")?.[1]
}

test("a peer comes back on the port it had, or on another where that one is taken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "starling-port-"))
  using rootKey = new Secret(osEntropy(32))
  const store = openStore({ folder, rootKey, random: osEntropy })
  onTestFinished(() => {
    store[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  using seed = new Secret(osEntropy(32))
  const open = async (listen: readonly string[]): Promise<Transport> =>
    await openNode({ seed, listen, mdns: false, clock: () => Date.now() })

  const first = await openOnFormerPort(store, ANY, open)
  const port = portOf(first)
  await first[Symbol.asyncDispose]()
  const second = await openOnFormerPort(store, ANY, open)
  expect(portOf(second)).toBe(port)
  const third = await openOnFormerPort(store, ANY, open)
  expect(portOf(third)).not.toBe(port)
  await second[Symbol.asyncDispose]()
  await third[Symbol.asyncDispose]()
})
