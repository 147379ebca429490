import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"

import { ControlConnection, ControlFailed } from "./control-connection.ts"

/** Waits for so many machines to join a run. What does not know the token is turned away. */
export async function machinesThatJoin(
  count: number,
  { address, port, token }: { readonly address: string; readonly port: number; readonly token: string },
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<readonly ControlConnection[]> {
  const joined: ControlConnection[] = []
  const enough = Promise.withResolvers<void>()
  const welcome = async (socket: Socket): Promise<void> => {
    try {
      const connection = await ControlConnection.open(socket, "leads", token)
      if (joined.length === count) {
        connection[Symbol.dispose]()
        return
      }
      joined.push(connection)
      tell(`${joined.length} of ${count} machines have joined`)
      if (joined.length === count) enough.resolve()
    } catch (error) {
      if (!(error instanceof ControlFailed)) throw error
      tell("somebody was turned away who does not know the token")
    }
  }
  const server = createServer((socket) => void welcome(socket))
  server.listen(port, address)
  await once(server, "listening", { signal })
  tell(`on ${count} more: npm run evaluate -- --join ${address}:${portOf(server)} --token-file FILE`)
  signal.addEventListener("abort", () => enough.reject(signal.reason), { once: true })
  try {
    await enough.promise
  } finally {
    server.close()
  }
  return joined
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port")
  return address.port
}
