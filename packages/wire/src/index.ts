export { decodeCbor, encodeCbor, type CborValue } from "./cbor.ts"
export { decode, Reader } from "./reader.ts"
export { encode, withEncoded, Writer } from "./writer.ts"
