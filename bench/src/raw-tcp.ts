import { once } from "node:events"
import { connect, createServer } from "node:net"
import { fork } from "node:child_process"
import type { AddressInfo } from "node:net"

const SERVE = "serve"

/** Round trips of `size` bytes over one TCP connection to an echo server in another process, in milliseconds. */
export async function rawTcpRoundTrips(size: number, count: number): Promise<readonly number[]> {
  const child = fork(import.meta.filename, [SERVE])
  try {
    const [port] = await once(child, "message")
    const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true })
    await once(socket, "connect")
    const payload = new Uint8Array(size)
    const samples: number[] = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      socket.write(payload)
      for (let got = 0; got < size;) {
        const [chunk] = await once(socket, "data")
        got += Buffer.isBuffer(chunk) ? chunk.length : size
      }
      samples.push(performance.now() - start)
    }
    socket.destroy()
    return samples
  } finally {
    child.kill()
  }
}

if (process.argv[2] === SERVE && process.send) {
  const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket))
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
}
