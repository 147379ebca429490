// Makes artifacts/empty-cluster.br with the installed PGlite. Run it after every change of PGlite's version.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliCompressSync, constants } from "node:zlib"

import { PGlite } from "@electric-sql/pglite"
import { z } from "zod"

import { archiveCluster } from "../src/database/cluster-template.ts"

const folder = mkdtempSync(join(tmpdir(), "starling-cluster-"))
const initDbStartParams = ["--wal-segsize=1", "--encoding=UTF8", "--locale-provider=libc", "--auth=trust"]
const pglite = await PGlite.create({ dataDir: folder, initDbStartParams })
await pglite.exec("checkpoint")
await pglite.close()
const archive = await archiveCluster(folder)
const compressed = brotliCompressSync(archive, {
  params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: archive.length },
})
const artifacts = join(import.meta.dirname, "../artifacts")
writeFileSync(join(artifacts, "empty-cluster.br"), compressed)
writeFileSync(join(artifacts, "empty-cluster.version"), `${installedVersion()}\n`)
rmSync(folder, { recursive: true })
console.log(`${archive.length} bytes of files in ${compressed.length}`)

function installedVersion(): string {
  const manifest = new URL("../package.json", import.meta.resolve("@electric-sql/pglite"))
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, "utf8")))
  return version
}
