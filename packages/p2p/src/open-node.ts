import { generateKeyPairFromSeed } from "@libp2p/crypto/keys"

import type { Milliseconds, Secret } from "@starling/kernel"
import type { Transport } from "@starling/messenger/ports"

import type { AddressBook } from "./known-peers.ts"
import { DEFAULT_LIMITS, type Limits } from "./limits.ts"
import { Libp2pTransport } from "./libp2p-transport.ts"
import type { NodeReport } from "./node-report.ts"

export interface NodeOptions {
  /** Seed of the peer's Ed25519 key, 32 bytes, which its PeerId is made of. libp2p keeps copies that can't be wiped. */
  readonly seed: Secret
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/0`. */
  readonly listen: readonly string[]
  /** Looks for peers on the local network, and lets itself be found there. */
  readonly mdns: boolean
  /** Where the peers that `dial` was called for outlast the process. */
  readonly addressBook?: AddressBook
  readonly report?: (event: NodeReport) => void
  readonly clock: () => Milliseconds
  readonly limits?: Partial<Limits>
}

/** Opens a libp2p node, which listens when the promise resolves. Throws `TransportError` where it can't. */
export async function openNode(options: NodeOptions): Promise<Transport> {
  const privateKey = await generateKeyPairFromSeed("Ed25519", options.seed.expose().slice())
  return await Libp2pTransport.open({
    privateKey,
    listen: options.listen,
    mdns: options.mdns,
    addressBook: options.addressBook ?? { load: () => [], save: () => {} },
    report: options.report ?? (() => {}),
    clock: options.clock,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  })
}
