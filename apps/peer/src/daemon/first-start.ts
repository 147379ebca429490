import { createServer } from "node:net"
import { TransportError } from "@starling/messenger/ports"
import { isName } from "@starling/messenger/parts"
import { Fault } from "../api/fault.ts"
import { requireFreePort } from "../api/server.ts"
import type { DaemonOptions } from "./daemon.ts"
import { isNewFolder } from "./data-folder.ts"

const TCP_ADDRESS = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)$/

/**
 * Checks what a first start was told before anything is made of it: one that is refused leaves no folder behind. On a
 * folder that exists the start itself finds the same. Throws `Fault`, `TransportError`, `DataFolderError`.
 */
export async function checkFirstStart({
  dataFolder,
  name,
  port,
  listen,
  eaas,
  policy,
}: Pick<DaemonOptions, "dataFolder" | "name" | "port" | "listen" | "eaas" | "policy">): Promise<void> {
  if (!isNewFolder(dataFolder)) return
  if (name !== undefined && !isName(name)) {
    throw new Fault(400, "bad-name", "a name has 1 to 64 characters, and no control characters or line breaks")
  }
  if (policy !== "mixed" && eaas.kind === "off") {
    throw new Fault(
      409,
      "no-eaas",
      `policy ${policy} makes no key without quantum entropy: start it with --eaas embedded or --eaas URL`,
    )
  }
  await requireFreePort(port)
  for (const address of listen) await requireListenable(address)
}

async function requireListenable(address: string): Promise<void> {
  const [, host, port] = TCP_ADDRESS.exec(address) ?? []
  // Other forms of address are for the transport to judge.
  if (host === undefined || port === undefined) return
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new TransportError(`can't listen on ${address}`, { cause })))
    server.listen({ host, port: Number(port), exclusive: true }, () => server.close(() => resolve()))
  })
}
