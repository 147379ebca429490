import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Fault } from "./fault.ts"

/** Binds a server and resolves to its port; 0 takes a free one. Throws `Fault` `port-taken`. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new Fault(
          500,
          "port-taken",
          `port ${port} of ${host} is taken: stop what uses it, or choose another with --port (0 takes a free one)`,
          { cause },
        ),
      )
    })
    server.listen({ host, port, exclusive: true }, () => resolve(portOf(server.address())))
  })
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port")
  return address.port
}
