export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }

/** Splits a message into plain text and web addresses. Only `http` and `https` become links. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = []
  let end = 0
  for (const match of text.matchAll(ADDRESS)) {
    const shown = match[0].replace(CLOSING, "")
    const href = URL.canParse(shown) ? new URL(shown).href : undefined
    if (href === undefined) continue
    if (match.index > end) found.push({ kind: "text", text: text.slice(end, match.index) })
    // What is shown is the address that opens, with look-alike letters of the host spelled out as punycode.
    found.push({ kind: "link", text: hostOf(shown) === hostOf(href) ? shown : href, href })
    end = match.index + shown.length
  }
  if (end < text.length) found.push({ kind: "text", text: text.slice(end) })
  return found
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\p{Cf}\p{Cc}]+/gu
const CLOSING = /[.,;:!?)\]}»”]+$/u

function hostOf(address: string): string {
  return /^https?:\/\/([^/?#]*)/iu.exec(address)?.[1]?.toLowerCase() ?? ""
}
