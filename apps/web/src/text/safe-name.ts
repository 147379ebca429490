/**
 * Names are shown as their owners typed them, except for what serves only to deceive: characters that reorder, hide or
 * take no room, and marks piled on one letter. Nothing is changed in what is stored or sent.
 */
export function safeName(typed: string): string {
  return typed
    .replace(HIDDEN, "")
    .replace(JOINERS_OUT_OF_PLACE, "")
    .replace(PILED_MARKS, "$1")
    .replace(/\s+/gu, " ")
    .trim()
}

/** Two names with equal skeletons can be taken for each other. Coarse on purpose: a false alarm costs a fingerprint. */
export function skeleton(name: string): string {
  const plain = safeName(name).normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  return Array.from(plain, (letter) => LOOK_ALIKES.get(letter) ?? letter)
    .join("")
    .replaceAll(/[\s._'-]/gu, "")
}

/** The beginning of an identity, in groups of five: enough to tell two people apart, not to verify one. */
export function shortFingerprint(identity: string): string {
  return `${identity.slice(0, 5)} ${identity.slice(5, 10)}`
}

/** Controls, bidirectional controls, zero-width characters, tags, and letters that draw nothing. */
const HIDDEN =
  /[\p{Cc}\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E007F}]|\u17B4|\u17B5|[\u180B-\u180D]/gu
/** Joiners are spelling in Persian and Indic scripts and glue in emoji; elsewhere they are invisible differences. */
const JOINERS_OUT_OF_PLACE =
  /(?<![\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Kannada}\p{Script=Telugu}\p{Script=Tamil}\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])[\u200C\u200D]|[\u200C\u200D](?![\p{L}\p{Extended_Pictographic}])/gu
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu

const LOOK_ALIKES = new Map(
  [
    ["а", "a"],
    ["е", "e"],
    ["о", "o"],
    ["р", "p"],
    ["с", "c"],
    ["у", "y"],
    ["х", "x"],
    ["і", "l"],
    ["ј", "j"],
    ["ѕ", "s"],
    ["һ", "h"],
    ["ԁ", "d"],
    ["ԛ", "q"],
    ["ԝ", "w"],
    ["в", "b"],
    ["к", "k"],
    ["м", "m"],
    ["н", "h"],
    ["т", "t"],
    ["α", "a"],
    ["β", "b"],
    ["ε", "e"],
    ["ι", "l"],
    ["κ", "k"],
    ["ν", "v"],
    ["ο", "o"],
    ["ρ", "p"],
    ["τ", "t"],
    ["υ", "u"],
    ["χ", "x"],
    ["0", "o"],
    ["1", "l"],
    ["i", "l"],
    ["ı", "l"],
    ["|", "l"],
    ["5", "s"],
    ["ß", "b"],
  ].map(([look, like]) => [look ?? "", like ?? ""] as const),
)
