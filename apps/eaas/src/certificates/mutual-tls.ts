import type { IncomingMessage, RequestListener } from "node:http"
import { createServer } from "node:https"
import { TLSSocket, type PeerCertificate } from "node:tls"

import type { Credentials } from "@starling/eaas/node"

import { bind, SERVER_PATIENCE, type Listener } from "../http/bind.ts"

export interface MutualTls {
  readonly credentials: Credentials
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly minVersion: "TLSv1.2" | "TLSv1.3"
}

/** Serves whoever connects; `clientOf` says who that is. A stranger is let in to be told so in words. */
export async function listenMutualTls(
  { credentials, host, port, minVersion }: MutualTls,
  handle: RequestListener,
): Promise<Listener> {
  const server = createServer({
    key: credentials.key,
    cert: credentials.certificate,
    ca: credentials.authority,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion,
    ...SERVER_PATIENCE,
  })
  server.on("request", handle)
  server.on("tlsClientError", () => undefined)
  return await bind(server, port, host)
}

/** The certificate that the connection's client has shown, where our authority signed it and it is in its time. */
export function certificateOf({ socket }: IncomingMessage): PeerCertificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined
}

/** The name in such a certificate, or `undefined` where there is none, or several. */
export function nameIn(certificate: PeerCertificate): string | undefined {
  const name: unknown = certificate.subject.CN
  return typeof name === "string" && name !== "" ? name : undefined
}
