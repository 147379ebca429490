import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"

/** The files of a data folder in base64, by their paths in it. */
export type PackedFolder = Readonly<Record<string, string>>

/** Of a daemon that has ended; whoever holds its locks is another one. */
export async function packFolder(folder: string): Promise<PackedFolder> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.includes(".lock"))
    .map((entry) => join(entry.parentPath, entry.name))
  const packed = files.sort().map(async (file) => [relative(folder, file), await readFile(file, "base64")] as const)
  return Object.fromEntries(await Promise.all(packed))
}

export async function unpackFolder(packed: PackedFolder, folder: string): Promise<void> {
  for (const [path, content] of Object.entries(packed)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, content, "base64")
    await chmod(file, 0o600)
  }
}
