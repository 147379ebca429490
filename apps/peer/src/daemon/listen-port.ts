import { TransportError, type Store, type Transport } from "@starling/messenger/ports"
import { fromUtf8, utf8 } from "@starling/kernel"

const BUCKET = "addresses"
const PARTITION = "own"
const KEY = "tcp port"
const ANY_PORT = /\/tcp\/0$/

/**
 * Opens a transport that listens where `listen` says. Where that leaves the port open, it is the one of the last time if
 * that is free: addresses in contact links and in other peers' books stay good across restarts. Throws `TransportError`.
 */
export async function openOnFormerPort(
  store: Pick<Store, "get" | "commit">,
  listen: readonly string[],
  open: (listen: readonly string[]) => Promise<Transport>,
): Promise<Transport> {
  const [only, ...others] = listen
  if (only === undefined || others.length > 0 || !ANY_PORT.test(only)) return await open(listen)
  const value = store.get(BUCKET, PARTITION, KEY)
  const former = value === undefined ? undefined : fromUtf8(value)
  const transport = former === undefined ? await open(listen) : await openPreferably(only, former, open)
  const [, port] = /\/tcp\/(\d+)/.exec(transport.addresses()[0] ?? "") ?? []
  if (port !== undefined && port !== former) {
    store.commit([{ kind: "put", bucket: BUCKET, partition: PARTITION, key: KEY, ordinal: 0, value: utf8(port) }])
  }
  return transport
}

async function openPreferably(
  listen: string,
  port: string,
  open: (listen: readonly string[]) => Promise<Transport>,
): Promise<Transport> {
  try {
    return await open([listen.replace(ANY_PORT, `/tcp/${port}`)])
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return await open([listen])
  }
}
