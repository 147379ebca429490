// Runs inside a host of the lab, with a Unix socket and a port: what connects to the socket, which namespaces share, is
// connected to the port on the host's own loopback.
import { connect, createServer } from "node:net"
import { pipeline } from "node:stream/promises"

const [socket, port] = process.argv.slice(2)

createServer({ allowHalfOpen: true }, (outside) => {
  const inside = connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true })
  // Whichever end breaks off, the other one is told by its own connection.
  for (const way of [pipeline(outside, inside), pipeline(inside, outside)]) way.catch(() => {})
}).listen(socket)

// The other end of stdin is whoever opened the lab: without it there is nobody to relay for.
process.stdin.on("end", () => process.exit()).resume()
