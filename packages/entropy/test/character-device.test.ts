import { execFileSync } from "node:child_process"
import { constants, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { open, type FileHandle } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { QuantumSource } from "@starling/entropy"
import { CharacterDevice } from "@starling/entropy/node"
import { afterAll, expect, test } from "vitest"

import { Seeded } from "./seeded.ts"

const folder = mkdtempSync(join(tmpdir(), "starling-device-"))
const patience = AbortSignal.timeout(100_000)
let pipes = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A pipe stands for a device: what is written into it is what the device measured. */
async function plug(path = join(folder, `qrandom${pipes++}`)): Promise<{ path: string; device: FileHandle }> {
  execFileSync("mkfifo", [path])
  return { path, device: await open(path, constants.O_RDWR) }
}

function sourceAt(path: string, milliseconds = 500): CharacterDevice {
  return new CharacterDevice({ path, entropyPerByte: 6, patience: milliseconds })
}

test("a device's bytes come as they were measured, however they are cut", async () => {
  const { path, device } = await plug()
  await using source = sourceAt(path, 5000)
  const samples = new Seeded(1).bytes(3000)
  const read = source.read(2000, patience)
  for (let at = 0; at < 3000; at += 700) await device.write(samples.subarray(at, at + 700))
  expect(await read).toEqual(samples.slice(0, 2000))
  expect(await source.read(1000, patience)).toEqual(samples.slice(2000))
  expect(source).toMatchObject({
    id: expect.stringMatching(/^character device qrandom[0-9]+ \(untested on hardware\)$/),
    kind: "raw",
  })
  await device.close()
})

test("a device that falls silent is too slow, or, amid a read, short; its thread isn't held", async () => {
  const { path, device } = await plug()
  await using source = sourceAt(path, 100)
  await expect(source.read(10, patience)).rejects.toMatchObject({ fault: "too slow" })
  await device.write(new Uint8Array(6))
  await expect(source.read(10, patience)).rejects.toMatchObject({
    fault: "short read",
    detail: "6 bytes of 10 in 100 ms",
  })
  await device.close()
})

test("a device that was unplugged fails, and is found again when it is back", async () => {
  const { path, device } = await plug()
  const source = new QuantumSource({ device: sourceAt(path), os: new Seeded(2).bytes })
  const feed = async (to: FileHandle) => await to.write(new Seeded(1).bytes(20_000))
  await feed(device)
  expect(await source.read(128, patience)).toHaveLength(128)

  await device.close()
  rmSync(path)
  await expect(source.read(100_000, patience)).rejects.toMatchObject({ fault: "unplugged" })
  await expect(source.restart(patience)).rejects.toMatchObject({ fault: "unplugged", detail: "ENOENT" })

  const { device: back } = await plug(path)
  await feed(back)
  await expect(source.read(1, patience), "back, but latched").rejects.toMatchObject({ fault: "unplugged" })
  await source.restart(patience)
  expect(await source.read(128, patience)).toHaveLength(128)
  await source[Symbol.asyncDispose]()
  await back.close()
})

test.for([
  { path: "/dev/zero", fault: "repetition count" },
  { path: "/dev/null", fault: "unplugged" },
  { path: join(folder, "nothing"), fault: "unplugged" },
])("$path is found out: $fault", async ({ path, fault }) => {
  await using source = new QuantumSource({ device: sourceAt(path), os: new Seeded(2).bytes })
  await expect(source.start(patience)).rejects.toMatchObject({ fault })
})

test("a file is no device: after each start it would give the same again", async () => {
  const path = join(folder, "recording")
  writeFileSync(path, new Seeded(1).bytes(4096))
  await expect(sourceAt(path).read(10, patience)).rejects.toMatchObject({ fault: "refused" })
})

test("whoever gives up waiting hears their own reason, and the device stays open", async () => {
  const { path, device } = await plug()
  await using source = sourceAt(path)
  const waiting = new AbortController()
  const read = source.read(10, waiting.signal)
  waiting.abort(new Error("enough"))
  await expect(read).rejects.toThrow("enough")
  await device.write(new Seeded(1).bytes(10))
  expect(await source.read(10, patience)).toEqual(new Seeded(1).bytes(10))
  await device.close()
})
