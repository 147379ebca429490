import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"

import { discoveryOf } from "@starling/eaas"
import { decodeSealedEpoch, encodeEpochStatement, encodeSealedEpoch } from "@starling/eaas/frames"
import { patience, testPlatform, type TestPlatform } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { expect, onTestFinished, test } from "vitest"
import { z } from "zod"
import { PeerProcess, until } from "./peer-process.ts"

const Status = z.object({
  sources: z.array(z.object({ id: z.string(), state: z.string(), detail: z.string() })),
  caveats: z.array(z.string()),
  rootConflicts: z.array(z.object({ epoch: z.number(), evidence: z.array(z.string()) })),
})
const Link = z.object({ link: z.string() })

test("a platform that shows two people two lists for one epoch is found out when they meet: both are told, and ask it no more", async () => {
  await using at = await testPlatform({ time: Date.now(), sealOnRegistration: false })
  const [forAna, forBo] = [await doorOf(at, (frame) => frame), await doorOf(at, (frame) => another(at, frame))]
  const [anasCode, bosCode] = [await at.as.addUser("ana", 8), await at.as.addUser("bo", 8)]
  const ana = await PeerProcess.up("Ana", ["--no-mdns", "--eaas", `${forAna}#${anasCode}`])
  const bo = await PeerProcess.up("Bo", ["--no-mdns", "--eaas", `${forBo}#${bosCode}`])
  const isRegistered = async () => (await at.as.users()).every(({ registered }) => registered)
  await until("both are registered", isRegistered, 120_000)
  await at.as.seal(patience)
  const { link } = await bo.ask(Link, "contact", "link")
  await ana.starling("contact", "add", link)
  for (const peer of [ana, bo]) {
    const conflicts = async () => (await peer.ask(Status, "entropy", "status")).rootConflicts
    await until("the conflict is known", async () => (await conflicts()).length > 0, 120_000)
    expect((await conflicts())[0]?.evidence).toHaveLength(2)
    const { caveats } = await peer.ask(Status, "entropy", "status")
    expect(caveats[0]).toContain("signed two different lists of members for epoch 1")
    await expect(peer.starling("entropy", "refill", "--bytes", "1024")).rejects.toThrow("two different lists")
  }
})

/** What both servers sign beside what they signed before. */
function another(at: TestPlatform, frame: Bytes): Bytes {
  const sealed = decodeSealedEpoch(frame)
  if (sealed.kind === "malformed") throw new Error(sealed.why)
  const statement = { ...sealed.value, nonce: osEntropy(32).fill(9) }
  const signed = encodeEpochStatement(statement)
  return encodeSealedEpoch({
    ...statement,
    authenticationSignature: at.asKey.sign(signed),
    validationSignature: at.pvsKey.sign(signed),
  })
}

/** The platform's AS over HTTP, as one person is shown it. */
async function doorOf(at: TestPlatform, shown: (frame: Bytes) => Bytes): Promise<string> {
  const platform = { ...at.platform, authentication: { ...at.platform.authentication, url: "/as/" } }
  const answer = async (request: IncomingMessage): Promise<Uint8Array | undefined> => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const body = new Uint8Array(Buffer.concat(parts))
    const newest = await at.as.newestEpoch()
    switch (request.url ?? "") {
      case "/.well-known/starling-eaas":
        return Buffer.from(JSON.stringify(discoveryOf(platform)))
      case "/as/registrations":
        return await at.as.register(body, patience)
      case "/as/epochs/newest":
        return newest && shown(newest)
      default: {
        const [, epoch, revision] = /epochs\/(\d+)\/(\d+)\/leaves/.exec(request.url ?? "") ?? []
        return await at.as.leaves(Number(epoch), Number(revision))
      }
    }
  }
  const server = createServer((request, response) => {
    void answer(request).then((bytes) => {
      response.statusCode = bytes === undefined ? 404 : 200
      response.setHeader("connection", "close").end(bytes)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/` : ""
}
