import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"

import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"
import { discover, HttpAuthentication, LoopbackTap, type Platform } from "@starling/eaas"
import { contextOf, decodeLeafList, decodeSealedEpoch, encodeKeyRequest, scopeOf } from "@starling/eaas/frames"
import { osEntropy } from "@starling/entropy/node"
import { toHex, type Bytes, type Decoded } from "@starling/kernel"
import { commitmentOf, FieldElement, leafOf, MerkleTree } from "@starling/proof"
import { Prover } from "@starling/proof/node"
import { z } from "zod"

const APP = join(import.meta.dirname, "../../../apps/eaas")
const QUOTA = 60_000
/** How long sealing a large tree may take on a slow machine. */
const SEALING = 600_000
/** Of a tick of the kernel's clock in /proc. */
const TICKS_PER_SECOND = 100

const Ready = z.object({ url: z.string() })

export interface MadeRequest {
  readonly frame: Bytes
  /** Of its proof alone. */
  readonly proofMilliseconds: number
}

/** All roles in one real process with a durable database, many enrolled members, and one whose secrets are known here. */
export class LoadedPlatform implements AsyncDisposable {
  readonly members: number
  readonly taps: readonly LoopbackTap[]
  readonly #platform: Platform
  readonly #folder: string
  readonly #server: ChildProcess
  readonly #member: { readonly secret: FieldElement; readonly trapdoor: FieldElement }
  readonly #sealed: ReturnType<typeof decodeSealedEpoch> & { readonly kind: "ok" }
  readonly #leaves: readonly FieldElement[]
  readonly #tree: MerkleTree
  #nextK = 0

  private constructor(
    parts: Pick<LoadedPlatform, "taps"> & {
      readonly platform: Platform
      readonly folder: string
      readonly server: ChildProcess
      readonly member: { readonly secret: FieldElement; readonly trapdoor: FieldElement }
      readonly sealed: ReturnType<typeof decodeSealedEpoch> & { readonly kind: "ok" }
      readonly leaves: readonly FieldElement[]
    },
  ) {
    this.taps = parts.taps
    this.#platform = parts.platform
    this.#folder = parts.folder
    this.#server = parts.server
    this.#member = parts.member
    this.#sealed = parts.sealed
    this.#leaves = parts.leaves
    this.#tree = MerkleTree.of(parts.leaves)
    this.members = parts.leaves.length
  }

  static async start(users: number): Promise<LoadedPlatform> {
    const folder = mkdtempSync(join(tmpdir(), "starling-eaas-bench-"))
    const member = { secret: randomField(), trapdoor: randomField() }
    const commitment = toHex(FieldElement.toBytes(commitmentOf(member.secret, member.trapdoor)))
    const enrolling = [
      "--data",
      folder,
      "--count",
      String(users - 1),
      "--commitment",
      commitment,
      "--quota",
      `${QUOTA}`,
    ]
    const enrolled = spawn(process.execPath, [join(APP, "scripts/enrol-many.ts"), ...enrolling], { stdio: "inherit" })
    const [code] = await once(enrolled, "exit")
    if (code !== 0) throw new Error("nobody could be enrolled")
    const server = spawn(process.execPath, [join(APP, "src/main.ts"), "all", "--data", folder, "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    const [line] = await once(createInterface({ input: server.stdout }), "line")
    const { platform } = await discover(Ready.parse(JSON.parse(String(line))).url, AbortSignal.timeout(SEALING))
    const authentication = new HttpAuthentication(platform)
    const frame = await newestEpoch(authentication)
    const sealed = sound(decodeSealedEpoch(frame))
    const list = await authentication.leaves(sealed.value.epoch, sealed.value.revision, AbortSignal.timeout(SEALING))
    const leaves = sound(decodeLeafList(list)).value
    const taps = platform.localProviders.map((provider) => new LoopbackTap(provider))
    return new LoadedPlatform({ taps, platform, folder, server, member, sealed, leaves })
  }

  /** A request as a client makes it, for the first Local Provider; each spends another right. */
  async makeRequest(prover: Prover): Promise<MadeRequest> {
    const { service, localProviders } = this.#platform
    const { epoch, revision, nonce } = this.#sealed.value
    const kemPublicKey = new Uint8Array(xWing.keygen(osEntropy(32)).publicKey)
    const localProvider = localProviders[0]?.id ?? new Uint8Array()
    const address = { service, localProvider, epoch, revision, keySize: 1024, kemPublicKey } as const
    const leafIndex = this.#leaves.indexOf(leafOf(commitmentOf(this.#member.secret, this.#member.trapdoor), QUOTA))
    const witness = {
      ...this.#member,
      quota: QUOTA,
      k: this.#nextK++,
      leafIndex,
      siblings: this.#tree.path(leafIndex),
      scope: scopeOf(service, epoch),
      context: contextOf({ ...address, nonce }),
    }
    const made = await prover.prove(witness, AbortSignal.timeout(SEALING), this.#tree.root)
    const frame = encodeKeyRequest({ ...address, nullifier: made.statement.nullifier, proof: made.proof })
    return { frame, proofMilliseconds: made.milliseconds }
  }

  /** Of the server's process so far. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#server.pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }

  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.#server.pid}/status`, "utf8")
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      const exit = once(this.#server, "exit")
      this.#server.kill("SIGTERM")
      await exit
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function newestEpoch(authentication: HttpAuthentication): Promise<Bytes> {
  const patience = AbortSignal.timeout(SEALING)
  for (;;) {
    const frame = await authentication.newestEpoch(patience)
    if (frame !== undefined) return frame
    await pause(500, undefined, { signal: patience })
  }
}

function randomField(): FieldElement {
  return FieldElement.fromDigest(osEntropy(32))
}

function sound<T>(decoded: Decoded<T>): Extract<Decoded<T>, { kind: "ok" }> {
  if (decoded.kind === "malformed") throw new Error(`the platform gives nonsense: ${decoded.why}`)
  return decoded
}
