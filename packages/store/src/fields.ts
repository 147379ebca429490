/** Each field behind its length in a uint32, so that different fields never join to the same bytes. Texts are UTF-8. */
export function fields(...parts: readonly (string | Uint8Array)[]): Buffer {
  let length = 0
  for (const part of parts) length += 4 + lengthOf(part)
  const joined = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    const size = lengthOf(part)
    at = joined.writeUInt32BE(size, at)
    if (typeof part === "string") joined.write(part, at)
    else joined.set(part, at)
    at += size
  }
  return joined
}

/** One text of what `fields` joined, and where the next begins. */
export function textField(joined: Buffer, at: number): readonly [string, number] {
  const start = at + 4
  const end = start + joined.readUInt32BE(at)
  return [joined.toString("utf8", start, end), end]
}

function lengthOf(part: string | Uint8Array): number {
  return typeof part === "string" ? Buffer.byteLength(part) : part.length
}
