import type { IdentityId } from "../identity/identity-id.ts"
import type { SafeName } from "../view/contact-view.ts"
import { skeleton } from "./skeleton.ts"

/** Characters that reorder or hide their surroundings; joiners and variation selectors inside emoji stay. */
const HIDING =
  /(?!\p{Join_Control}|\p{Variation_Selector})[\p{Bidi_Control}\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu
const JOINERS_OUTSIDE_EMOJI =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])[\u200C\u200D]|[\u200C\u200D](?!\p{Extended_Pictographic})/gu

const SCRIPTS: readonly { readonly script: string; readonly letter: RegExp }[] = [
  { script: "Latin", letter: /\p{Script=Latin}/u },
  { script: "Cyrillic", letter: /\p{Script=Cyrillic}/u },
  { script: "Greek", letter: /\p{Script=Greek}/u },
  { script: "Armenian", letter: /\p{Script=Armenian}/u },
  { script: "Cherokee", letter: /\p{Script=Cherokee}/u },
  { script: "Georgian", letter: /\p{Script=Georgian}/u },
  { script: "Hebrew", letter: /\p{Script=Hebrew}/u },
  { script: "Arabic", letter: /\p{Script=Arabic}/u },
]

/**
 * A name as a screen may show it, judged against the names of the other people that this device knows. It is
 * suspicious where something had to be taken out, where a word mixes scripts, or where another's name looks the same.
 */
export function safeName(
  name: string,
  identity: IdentityId,
  others: Iterable<{ readonly identity: IdentityId; readonly name: string }>,
): SafeName {
  const fingerprint = identity.slice(0, 8)
  const text = name.replaceAll(HIDING, "").replaceAll(JOINERS_OUTSIDE_EMOJI, "").trim()
  if (text === "") return { text: fingerprint, suspicious: name !== "", fingerprint }
  const suspicious = text !== name || text.split(/\s+/).some(mixesScripts) || looksLikeAnother(name, identity, others)
  return { text, suspicious, fingerprint }
}

function mixesScripts(word: string): boolean {
  return SCRIPTS.filter(({ letter }) => letter.test(word)).length > 1
}

function looksLikeAnother(
  name: string,
  identity: IdentityId,
  others: Iterable<{ readonly identity: IdentityId; readonly name: string }>,
): boolean {
  const own = skeleton(name)
  for (const other of others)
    if (other.identity !== identity && other.name !== "" && skeleton(other.name) === own) return true
  return false
}
