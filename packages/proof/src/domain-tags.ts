import { utf8 } from "@starling/kernel"
import { FieldElement, integerOf } from "./field-element.ts"

/**
 * First input of every hash, one tag per use, so that no output of one use passes for an output of another. The
 * circuit holds the same constants.
 */
export const DOMAIN_TAGS = {
  commitment: tag("starling/v1/commitment"),
  leaf: tag("starling/v1/leaf"),
  node: tag("starling/v1/node"),
  nullifier: tag("starling/v1/nullifier"),
} as const

function tag(name: string): FieldElement {
  return FieldElement.of(integerOf(utf8(name)))
}
