import { isIP } from "node:net"

import { multiaddr, type Multiaddr } from "@multiformats/multiaddr"

/** An address as `dial` wants it: TCP over IP or a DNS name, ending in the PeerId. `undefined` for whatever else a peer may write. */
export function dialable(text: string, peerId: string): Multiaddr | undefined {
  const parts = componentsOf(text)
  if (parts === undefined) return undefined
  const [host, port, id, ...rest] = parts
  const reachable =
    host?.value !== undefined &&
    ["ip4", "ip6", "dns", "dns4", "dns6"].includes(host.name) &&
    port?.name === "tcp" &&
    port.value !== "0"
  if (!reachable || rest.length > 0 || (id !== undefined && (id.name !== "p2p" || id.value !== peerId)))
    return undefined
  return multiaddr(`/${host.name}/${host.value}/tcp/${port.value}/p2p/${peerId}`)
}

/** An address of this machine or its local networks. */
export function isLocal(text: string): boolean {
  const host = componentsOf(text)?.[0]?.value ?? ""
  if (isIP(host) === 4) return /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host)
  return isIP(host) === 6 && /^(::1$|f[cd]|fe[89ab])/i.test(host)
}

function componentsOf(text: string): { readonly name: string; readonly value?: string }[] | undefined {
  try {
    return multiaddr(text).getComponents()
  } catch {
    return undefined
  }
}
