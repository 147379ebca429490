import { concat } from "@starling/kernel"

/** The text form of a libp2p PeerId. */
export type PeerId = string

/** A multihash of no hash (0x00), 36 bytes long, of the protobuf `{Type: Ed25519, Data: 32 bytes}`. */
const PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

/** The PeerId of an Ed25519 public key, as the libp2p peer id specification derives it: `12D3Koo…`. */
export function peerIdOf(transportKey: Uint8Array): PeerId {
  return toBase58(concat(PREFIX, transportKey))
}

/** Base58 with Bitcoin's alphabet. */
function toBase58(bytes: Uint8Array): string {
  let zeros = 0
  while (bytes[zeros] === 0) zeros++
  let value = 0n
  for (const byte of bytes) value = value * 256n + BigInt(byte)
  let digits = ""
  for (; value > 0n; value /= 58n) digits = BASE58.charAt(Number(value % 58n)) + digits
  return "1".repeat(zeros) + digits
}
