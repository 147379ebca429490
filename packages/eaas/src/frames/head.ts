import { fromUtf8 } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

const VERSION = 1
const PREFIX = "starling/v1/eaas/"

/** Every struct of the protocol begins with its own label and a version, so that none passes for another. */
export type FrameName =
  | "service"
  | "local provider"
  | "scope"
  | "context"
  | "delivery"
  | "sealed epoch"
  | "leaf list"
  | "registration"
  | "certified registration"
  | "registration receipt"
  | "registration refusal"
  | "epoch proposal"
  | "epoch countersignature"
  | "epoch refusal"
  | "key request"
  | "forwarded request"
  | "key answer"
  | "key refusal"
  | "local refusal"
  | "client state"
  | "signed roots"
  | "sealed answer"
  | "tap answer"
  | "tap receipt"

/** `opaque label<V>; uint16 version = 1` */
export function writeHead(writer: Writer, name: FrameName): Writer {
  return writer.text(PREFIX + name).uint16(VERSION)
}

export function readHead(reader: Reader, name: FrameName): void {
  if (fromUtf8(reader.opaque(64)) !== PREFIX + name) reader.fail(`not a ${name}`)
  if (reader.uint16() !== VERSION) reader.fail(`a ${name} of an unknown version`)
}

/** Whether the bytes claim to be such a struct; whether they are one shows when they are decoded. */
export function startsAs(bytes: Uint8Array, name: FrameName): boolean {
  const label = PREFIX + name
  return bytes[0] === label.length && fromUtf8(bytes.subarray(1, 1 + label.length)) === label
}
