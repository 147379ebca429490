import { FIELD_BYTES, FieldElement } from "@starling/proof"
import type { Reader, Writer } from "@starling/wire"

/** 32 bytes, big-endian, less than r; any other encoding of the same residue is refused. */
export function readField(reader: Reader): FieldElement {
  const decoded = FieldElement.fromBytes(reader.fixed(FIELD_BYTES))
  return decoded.kind === "ok" ? decoded.value : reader.fail(decoded.why)
}

export function writeField(writer: Writer, element: FieldElement): Writer {
  return writer.fixed(FieldElement.toBytes(element))
}
