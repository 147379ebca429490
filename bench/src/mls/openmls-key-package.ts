import { fromUtf8, type Bytes } from "@starling/kernel"
import type { KeyPackage } from "@starling/mls"
import { decodeMlsMessage } from "@starling/mls/rfc9420"
import { encode, type Writer } from "@starling/wire"
import { z } from "zod"

/**
 * The KeyPackage of an `openmls-wasm` identity. Its binding gives no bytes of one, but its store keeps it as JSON in the
 * memory of the module, where this finds it and writes it as RFC 9420, 10 has it.
 */
export async function openMlsKeyPackage(identity: string): Promise<KeyPackage> {
  const { memory } = Module.parse(await import(["openmls-wasm", "openmls_wasm_bg.wasm"].join("/")))
  const text = Buffer.from(memory.buffer).toString("latin1")
  for (let from = text.lastIndexOf(START); from >= 0; from = from === 0 ? -1 : text.lastIndexOf(START, from - 1)) {
    const stored = parsed(text, from)
    if (stored === undefined) continue
    const decoded = decodeMlsMessage(encode((w) => writeKeyPackage(w.uint16(1).uint16(5), stored)))
    if (decoded.kind !== "ok" || decoded.value.kind !== "key-package") continue
    const { keyPackage } = decoded.value
    const { credential } = keyPackage.leafNode
    if (credential.kind === "basic" && fromUtf8(credential.identity) === identity) return keyPackage
  }
  throw new Error("openmls-wasm shows no KeyPackage in its memory")
}

const START = '{"key_package":'

const Module = z.object({ memory: z.instanceof(WebAssembly.Memory) })
const Octets = z.array(z.number()).transform((numbers): Bytes => Uint8Array.from(numbers))
const Seconds = z.number().transform(BigInt)
const Stored = z.object({
  key_package: z.object({
    payload: z.object({
      init_key: z.object({ key: z.object({ vec: Octets }) }),
      leaf_node: z.object({
        payload: z.object({
          encryption_key: z.object({ key: z.object({ vec: Octets }) }),
          signature_key: z.object({ value: z.object({ vec: Octets }) }),
          credential: z.object({ serialized_credential_content: z.object({ vec: Octets }) }),
          capabilities: z.object({ ciphersuites: z.array(z.number()) }),
          leaf_node_source: z.object({ KeyPackage: z.object({ not_before: Seconds, not_after: Seconds }) }),
        }),
        signature: z.object({ value: z.object({ vec: Octets }) }),
      }),
    }),
    signature: z.object({ value: z.object({ vec: Octets }) }),
  }),
})
type Stored = z.infer<typeof Stored>

/** Freed memory holds halves of objects too: what does not parse is passed over. */
function parsed(text: string, from: number): Stored | undefined {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === "{") depth++
    if (text[at] !== "}" || --depth > 0) continue
    try {
      return Stored.safeParse(JSON.parse(text.slice(from, at + 1))).data
    } catch {
      return undefined
    }
  }
  return undefined
}

function writeKeyPackage(writer: Writer, { key_package: { payload, signature } }: Stored): void {
  const { leaf_node: leaf, init_key: initKey } = payload
  const { encryption_key: encryption, signature_key: signing, credential, capabilities } = leaf.payload
  const { not_before: notBefore, not_after: notAfter } = leaf.payload.leaf_node_source.KeyPackage
  writer.uint16(1).uint16(3).opaque(initKey.key.vec).opaque(encryption.key.vec).opaque(signing.value.vec)
  writer.uint16(1).opaque(credential.serialized_credential_content.vec)
  writer.nested((w) => w.uint16(1))
  writer.vector(capabilities.ciphersuites, (w, suite) => w.uint16(suite))
  writer.opaque(NOTHING).opaque(NOTHING)
  writer.nested((w) => w.uint16(1))
  writer.uint8(1).uint64(notBefore).uint64(notAfter).opaque(NOTHING).opaque(leaf.signature.value.vec)
  writer.opaque(NOTHING).opaque(signature.value.vec)
}

const NOTHING = new Uint8Array(0)
