export { decodeCbor, encodeCbor, type CborValue } from "./cbor.ts"
export { decode, decodeSharing, Reader } from "./reader.ts"
export { encode, withEncoded, Writer } from "./writer.ts"
