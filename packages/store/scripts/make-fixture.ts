/** Makes `test/fixtures/<version>/store.sqlite`, which every later version must open. Run once when the version changes. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { STORE_VERSION } from "../src/schema.ts"
import { open, put } from "../test/folders.ts"

const fixture = join(import.meta.dirname, "..", "test", "fixtures", `${STORE_VERSION}`)
const folder = mkdtempSync(join(tmpdir(), "starling-fixture-"))
{
  using store = open(folder)
  store.commit([put("group", "first", 1, "one"), put("group", "second", 1, "two"), put("other", "third", -5, "three")])
  store.commit([put("identity", "own", 0, "keys", "settings"), put("group", "gone", 9)])
  store.commit([{ kind: "delete", bucket: "records", partition: "group", key: "gone" }])
}
mkdirSync(fixture, { recursive: true })
copyFileSync(join(folder, "store.sqlite"), join(fixture, "store.sqlite"))
rmSync(folder, { recursive: true })
