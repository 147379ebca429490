import { fromUtf8, type Bytes, type Decoded } from "@starling/kernel"
import { decodeMlsMessage, readLeafNode } from "@starling/mls/rfc9420"
import type { KeyPackage } from "@starling/mls"
import { decode, encode, type Writer } from "@starling/wire"

/**
 * `openmls-wasm` shows neither KeyPackages nor trees as bytes, but its store keeps them as JSON in the memory of the
 * module, where this finds them and writes them as the RFC does. Whether that went well is told by their signatures.
 */
export interface FoundKeyPackage {
  readonly message: Bytes
  readonly keyPackage: KeyPackage
  readonly initPrivateKey: Bytes
  readonly encryptionPrivateKey: Bytes
}

/** The KeyPackages of this identity with their private keys. */
export async function findKeyPackages(identity: string): Promise<readonly FoundKeyPackage[]> {
  const found: FoundKeyPackage[] = []
  for (const bundle of objectsStartingWith(await memoryText(), '{"key_package":')) {
    const initPrivateKey = bytesAt(bundle, "private_init_key", "vec")
    const encryptionPrivateKey = bytesAt(bundle, "private_encryption_key", "key", "vec")
    if (initPrivateKey === undefined || encryptionPrivateKey === undefined) continue
    const message = encode((w) => writeKeyPackage(w.uint16(1).uint16(5), at(bundle, "key_package")))
    const decoded = decodeMlsMessage(message)
    if (decoded.kind !== "ok" || decoded.value.kind !== "key-package") continue
    const { keyPackage } = decoded.value
    const { credential } = keyPackage.leafNode
    if (credential.kind !== "basic" || fromUtf8(credential.identity) !== identity) continue
    found.push({ message, keyPackage, initPrivateKey, encryptionPrivateKey })
  }
  return found
}

/** The encoded trees of two members without a parent node that any group there had. */
export async function findPairTrees(): Promise<readonly Bytes[]> {
  return objectsStartingWith(await memoryText(), '{"leaf_nodes":').flatMap((tree) => {
    const [left, right, ...others] = list(at(tree, "leaf_nodes")).map((leaf) => at(leaf, "node"))
    if (left === undefined || right === undefined || others.length > 0) return []
    const leaves = [left, right].map((leaf) => encode((w) => writeLeaf(w, leaf)))
    if (leaves.some((leaf) => !isOk(decode(leaf, readLeafNode)))) return []
    const [first = new Uint8Array(0), second = new Uint8Array(0)] = leaves
    return [encode((w) => w.nested((v) => v.uint8(1).uint8(1).fixed(first).uint8(0).uint8(1).uint8(1).fixed(second)))]
  })
}

/** Ed25519 private keys by their public key, in hexadecimal. */
export async function findSignatureKey(publicKey: Uint8Array): Promise<Bytes | undefined> {
  for (const pair of objectsStartingWith(await memoryText(), '{"private":')) {
    const found = bytesAt(pair, "public")
    if (found !== undefined && Buffer.from(found).equals(publicKey)) return bytesAt(pair, "private")
  }
  return undefined
}

async function memoryText(): Promise<string> {
  const module: unknown = await import(["openmls-wasm", "openmls_wasm_bg.wasm"].join("/"))
  const memory = at(module, "memory")
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("no memory")
  return Buffer.from(memory.buffer).toString("latin1")
}

/** Freed memory holds halves of objects too: what does not parse is passed over. */
function objectsStartingWith(text: string, start: string): readonly unknown[] {
  const found: unknown[] = []
  for (let from = text.indexOf(start); from >= 0; from = text.indexOf(start, from + 1)) {
    const object = parsed(text.slice(from, endOfObject(text, from)))
    if (object !== undefined) found.push(object)
  }
  return found
}

function endOfObject(text: string, from: number): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    const character = text[i]
    if (character === "{") depth++
    if (character === "}" && --depth === 0) return i + 1
  }
  return text.length
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function writeKeyPackage(writer: Writer, keyPackage: unknown): void {
  const payload = at(keyPackage, "payload")
  writer
    .uint16(1)
    .uint16(3)
    .opaque(vector(payload, "init_key", "key", "vec"))
  writeLeaf(writer, at(payload, "leaf_node"))
  writer.vector([], () => undefined).opaque(vector(keyPackage, "signature", "value", "vec"))
}

function writeLeaf(writer: Writer, leaf: unknown): void {
  const payload = at(leaf, "payload")
  writer
    .opaque(vector(payload, "encryption_key", "key", "vec"))
    .opaque(vector(payload, "signature_key", "value", "vec"))
  writer.uint16(1).opaque(vector(payload, "credential", "serialized_credential_content", "vec"))
  writer.nested((w) => w.uint16(1))
  const suites = list(at(payload, "capabilities", "ciphersuites"))
  writer.vector(suites, (w, suite) => w.uint16(SUITES[String(suite)] ?? Number(suite)))
  writer.nested(() => undefined).nested(() => undefined)
  writer.nested((w) => w.uint16(1))
  const lifetime = at(payload, "leaf_node_source", "KeyPackage")
  writer
    .uint8(1)
    .uint64(BigInt(Number(at(lifetime, "not_before"))))
    .uint64(BigInt(Number(at(lifetime, "not_after"))))
  writer.nested(() => undefined).opaque(vector(leaf, "signature", "value", "vec"))
}

const SUITES: Readonly<Record<string, number>> = {
  MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: 1,
  MLS_128_DHKEMP256_AES128GCM_SHA256_P256: 2,
  MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519: 3,
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null ? Object.entries(inner).find(([k]) => k === name)?.[1] : undefined,
    value,
  )
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function vector(value: unknown, ...path: readonly string[]): Bytes {
  return bytesAt(value, ...path) ?? new Uint8Array(0)
}

function bytesAt(value: unknown, ...path: readonly string[]): Bytes | undefined {
  const numbers = at(value, ...path)
  return Array.isArray(numbers) ? Uint8Array.from(numbers, Number) : undefined
}

function isOk(decoded: Decoded<unknown>): boolean {
  return decoded.kind === "ok"
}
