import type { MultiaddrConnection, Transport, Upgrader } from "@libp2p/interface"
import { tcp } from "@libp2p/tcp"

/**
 * TCP that hands what libp2p sends at once to the system at once. A frame comes in several pieces (the length that Noise puts
 * before it is one), and each would be a system call, and without Nagle's delay a packet, of its own.
 */
export function tcpInOneWrite(options: Parameters<typeof tcp>[0]): ReturnType<typeof tcp> {
  return (components) => inOneWrite(tcp(options)(components))
}

function inOneWrite(transport: Transport): Transport {
  const dial = transport.dial.bind(transport)
  const createListener = transport.createListener.bind(transport)
  transport.dial = async (address, options) => await dial(address, { ...options, upgrader: joining(options.upgrader) })
  transport.createListener = (options) => createListener({ ...options, upgrader: joining(options.upgrader) })
  return transport
}

function joining(upgrader: Upgrader): Upgrader {
  return {
    upgradeInbound: async (connection, options) => await upgrader.upgradeInbound(joined(connection), options),
    upgradeOutbound: async (connection, options) => await upgrader.upgradeOutbound(joined(connection), options),
    createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
  }
}

function joined(connection: MultiaddrConnection): MultiaddrConnection {
  const send = connection.send.bind(connection)
  connection.send = (data) => send(data.subarray())
  return connection
}
