import { networkInterfaces } from "node:os"

const MOST = 4

/** `HOST:PORT` for each way to a server on `host`: for one on all addresses, those of this machine that others can reach. */
export function reachableAddresses(host: string, port: number): readonly string[] {
  if (host !== "0.0.0.0") return [`${host}:${port}`]
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const reachable = addresses.filter(({ family, internal }) => family === "IPv4" && !internal)
  return reachable.slice(0, MOST).map(({ address }) => `${address}:${port}`)
}
