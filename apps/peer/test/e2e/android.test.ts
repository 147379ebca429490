import { createHash } from "node:crypto"
import { execFileSync, spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { slotIsEmpty } from "@starling/eaas/test-opensc"
import { PhoneTap } from "@starling/eaas"
import { TapCard } from "@starling/eaas/tap"
import { noPcscd, SLOTS, throwawayPcscd } from "@starling/eaas/test-pcscd"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { fc } from "@fast-check/vitest"
import { beforeAll, expect, onTestFinished, test } from "vitest"
import { z } from "zod"
import { PhoneDoor } from "../../src/phone/phone-door.ts"
import { Slot } from "../slot.ts"
import { PeerProcess, temporaryFolder, until } from "./peer-process.ts"

const ANDROID = fileURLToPath(new URL("../../../../android/", import.meta.url))
const PLATFORM = fileURLToPath(new URL("../../../eaas/src/main.ts", import.meta.url))
/** Android's own classes, where `mvn dependency:get` has put them: docs/android.md. */
const FRAMEWORK = join(homedir(), ".m2/repository/org/robolectric/android-all")

const DX = join(homedir(), ".m2/repository/com/jakewharton/android/repackaged/dalvik-dx")

const noJava = !["/usr/bin/java", "/usr/bin/javac"].every((path) => existsSync(path))
const Ready = z.object({ url: z.string(), enrolment: z.string() })
const Status = z.object({ pool: z.object({ bytes: z.number() }) })
const Code = z.object({ code: z.string() })

function compile(folders: readonly string[], classes: string, more: readonly string[] = []): void {
  const sources = folders.flatMap((folder) => globSync(`${folder}/**/*.java`, { cwd: ANDROID }))
  const options = ["--release", "8", "-Xlint:all,-options,-classfile", "-Werror", "-d", classes, ...more]
  execFileSync("/usr/bin/javac", [...options, ...sources], { cwd: ANDROID, stdio: ["ignore", "ignore", "pipe"] })
}

/** A JVM in a phone's place, with the phone's own applet. The code goes in by its input: arguments are seen by everybody. */
class Phone {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null) throw new TypeError("a phone that says nothing")
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  static async pair(classes: string, code: string): Promise<Phone> {
    const java = spawn("/usr/bin/java", ["-cp", classes, "org.starling.tap.host.VpcdMain"], {
      stdio: ["pipe", "pipe", "inherit"],
    })
    onTestFinished(async () => {
      if (java.exitCode !== null || java.signalCode !== null) return
      const exit = once(java, "exit")
      java.kill("SIGKILL")
      await exit
    })
    const phone = new Phone(java)
    phone.#say(code)
    expect(await phone.#hear()).toBe("paired")
    return phone
  }

  /** Holds it to the reader at `port`, until it is torn away when it was to answer its command number `torn`. */
  async tornTap(port: number, torn: number): Promise<void> {
    this.#say(`${port} ${torn}`)
    expect(await this.#hear()).toBe(`commands ${torn}`)
  }

  /** Holds it to the reader at `port`, where it stays. */
  hold(port: number): void {
    this.#say(String(port))
  }

  #say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async #hear(): Promise<unknown> {
    return (await this.#lines.next()).value
  }
}

let classes: string | undefined

beforeAll(() => {
  if (noJava) return
  classes = mkdtempSync(join(tmpdir(), "starling-applet-"))
  compile(["applet/src", "host/src"], classes)
  return () => rmSync(classes ?? "", { recursive: true })
})

test.skipIf(noJava || noPcscd)(
  "the phone's applet, on a JVM behind pcscd, brings its peer a key through torn taps (needs java and pcscd)",
  // The machine's one daemon may be another test's for minutes.
  { timeout: 900_000 },
  async () => {
    await using _ = await throwawayPcscd()
    const readers = SLOTS.flatMap(({ reader }) => ["--reader", reader])
    const data = temporaryFolder("platform")
    const platform = spawn(process.execPath, [PLATFORM, "all", "--embedded", "--data", data, "--json", ...readers], {
      stdio: ["pipe", "pipe", "inherit"],
    })
    onTestFinished(async () => {
      const exit = once(platform, "exit")
      platform.kill("SIGTERM")
      await exit
    })
    const [line] = (await once(createInterface({ input: platform.stdout }), "line")) as [string]
    const { url, enrolment } = Ready.parse(JSON.parse(line))
    const options = ["--no-mdns", "--eaas", `${url}#${enrolment}`, "--phone", "127.0.0.1:0"]
    const ana = await PeerProcess.up("Ana", options)
    const pool = async (): Promise<number> => (await ana.ask(Status, "entropy", "status")).pool.bytes
    const phone = await Phone.pair(classes!, (await ana.ask(Code, "phone", "pair")).code)

    for (const torn of [1, 3, 9, 20]) {
      await phone.tornTap(SLOTS[0].port, torn)
      await slotIsEmpty(0)
    }
    expect(await pool()).toBe(0)
    phone.hold(SLOTS[0].port)
    await until("the key is in the pool", async () => (await pool()) === 8192, 60_000)
    await until("and so is the next, while the phone stays", async () => (await pool()) === 16_384, 60_000)
  },
)

const REQUEST = Uint8Array.from({ length: 300 }, (_, i) => i)

/** A peer that waits for its request to be answered, which it never is: what is committed here is no answer. */
function waitingPeer(): PhoneTap {
  const tap = new PhoneTap()
  tap.transceive(REQUEST, new AbortController().signal).catch(() => {})
  return tap
}

/** Commands as readers send them, and as they don't. */
const command = fc.oneof(
  fc.uint8Array({ minLength: 2, maxLength: 270 }),
  fc
    .constantFrom("00a4040007f045414153000100", "00a4040007f045414153ffff00", "8040000004", "801000002c", "8010000200")
    .map((hex) => Uint8Array.from(Buffer.from(hex, "hex"))),
  fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ minLength: 1, maxLength: 5 }))
    .map(([offset, part]) => Uint8Array.of(0x80, 0x20, 0, 0, 4 + part.length, 0, 0, 0, offset, ...part)),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => Uint8Array.of(0x80, 0x30, 0, 0, 32, ...digest, 32)),
  fc.constantFrom("commit what is there", "leave the field"),
)

test.skipIf(noJava)(
  "the applet in Java answers whatever a reader sends as the card in TypeScript does (needs java)",
  { timeout: 300_000 },
  async () => {
    let key: Bytes | undefined
    const shelf = { load: () => key, save: (saved: Bytes) => void (key = saved) }
    await using door = await PhoneDoor.open({
      host: "127.0.0.1",
      port: 0,
      tap: waitingPeer(),
      shelf,
      random: osEntropy,
    })
    const phone = await Phone.pair(classes!, door.pair())
    await using slot = await Slot.open()
    phone.hold(slot.port)
    await slot.inserted()
    const card = new TapCard(waitingPeer())
    card.offer(REQUEST)
    // The line to the peer takes its moment.
    await until("the phone has the request", async () => isOffered(await slot.process(SELECT)))
    let put: number[] = []
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 20 }), async (commands) => {
        for (const next of [SELECT, ...commands]) {
          if (next === "leave the field") {
            slot.leaveField()
            card.leaveField()
            continue
          }
          const bytes = typeof next === "string" ? commitOf(Uint8Array.from(put)) : next
          const [java, typescript] = [await slot.process(bytes), await card.process(bytes)]
          expect(java, Buffer.from(bytes).toString("hex")).toEqual(typescript)
          put = followed(put, bytes, typescript)
        }
      }),
      { numRuns: 200 },
    )
  },
)

const SELECT = Uint8Array.from(Buffer.from("00a4040007f045414153000100", "hex"))

function isOffered(state: Bytes): boolean {
  return state.length > 6 && Buffer.from(state).readUInt32BE(2) === REQUEST.length
}

function commitOf(answer: Uint8Array): Bytes {
  return Uint8Array.of(0x80, 0x30, 0, 0, 32, ...createHash("sha256").update(answer).digest(), 32)
}

/** What a card holds of an answer after this command. */
function followed(put: readonly number[], command: Uint8Array, response: Bytes): number[] {
  const isDone = response.at(-2) === 0x90
  const isPut = command[0] === 0x80 && command[1] === 0x20 && isDone
  const offset = isPut ? Buffer.from(command).readUInt32BE(5) : 0
  if (isPut && offset === put.length) return [...put, ...command.slice(9, 5 + (command[4] ?? 0))]
  const forgets = [0x6a80, 0x6984].includes(Buffer.from(response.slice(-2)).readUInt16BE(0))
  return forgets && command[1] === 0x30 ? [] : [...put]
}

test.skipIf(noJava)("the app compiles against stand-ins for what it uses of Android (needs java)", () => {
  compile(["applet/src", "app/src/main/java", "stubs"], temporaryFolder("classes"))
})

const frameworks = globSync("*/*.jar", { cwd: FRAMEWORK })

test.skipIf(noJava || frameworks.length === 0)(
  "the app compiles against Android's own classes (needs java and the framework's jar)",
  () => {
    const [jar = ""] = frameworks
    compile(["applet/src", "app/src/main/java", "stubs/resources"], temporaryFolder("classes"), [
      "-cp",
      join(FRAMEWORK, jar),
    ])
  },
)

const tools = ["aapt", "zipalign", "apksigner", "zip"].map((tool) => `/usr/bin/${tool}`)
const noBuilder = noJava || frameworks.length === 0 || ![DX, ...tools].every((path) => existsSync(path))

test.skipIf(noBuilder)("the app is built without an SDK, and its signature is sound (needs aapt and apksigner)", () => {
  execFileSync(join(ANDROID, "build-apk.sh"), { stdio: ["ignore", "ignore", "pipe"] })
  const apk = join(ANDROID, "build/starling-tap.apk")
  const badging = execFileSync("/usr/bin/aapt", ["dump", "badging", apk], { encoding: "utf8" })
  expect(badging).toContain("package: name='org.starling.tap'")
  expect(badging).toContain("launchable-activity: name='org.starling.tap.PairActivity'")
  expect(badging).not.toContain("application-debuggable")
})
