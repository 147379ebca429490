import { execFileSync, spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { slotIsEmpty } from "@starling/eaas/test-opensc"
import { noPcscd, SLOTS, throwawayPcscd } from "@starling/eaas/test-pcscd"
import { beforeAll, expect, onTestFinished, test } from "vitest"
import { z } from "zod"
import { PeerProcess, temporaryFolder, until } from "./peer-process.ts"

const ANDROID = fileURLToPath(new URL("../../../../android/", import.meta.url))
const PLATFORM = fileURLToPath(new URL("../../../eaas/src/main.ts", import.meta.url))
/** Android's own classes, where `mvn dependency:get` has put them: docs/android.md. */
const FRAMEWORK = join(homedir(), ".m2/repository/org/robolectric/android-all")

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
  { timeout: 400_000 },
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
