// `npm run record:folders -- FILE [MAIN]`: two daemons of this version, or of the program MAIN of another checkout, meet and
// talk; FILE (.json.gz) gets their data folders, which every later version must open (`bench/test/former-folders.system.test.ts`).
import { writeFile } from "node:fs/promises"
import { resolve } from "node:path"
import { promisify } from "node:util"
import { gzip } from "node:zlib"

import { recordPair } from "./folders/former-pair.ts"

const [file, main] = process.argv.slice(2)
if (file === undefined) throw new TypeError("npm run record:folders -- FILE.json.gz [MAIN]")
const pair = await recordPair(main === undefined ? undefined : resolve(main))
await writeFile(file, await promisify(gzip)(JSON.stringify(pair)))
console.log(`${file}: ${pair.texts.length} messages, ${Object.keys(pair.ana).join(", ")}`)
