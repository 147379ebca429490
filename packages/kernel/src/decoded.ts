/** What a decoder says of bytes that somebody else wrote; `why` names the first fault found. */
export type Decoded<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "malformed"; readonly why: string }

export function ok<T>(value: T): Decoded<T> {
  return { kind: "ok", value }
}

export function malformed(why: string): { readonly kind: "malformed"; readonly why: string } {
  return { kind: "malformed", why }
}
