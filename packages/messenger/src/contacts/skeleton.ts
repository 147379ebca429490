/** For Latin letters, what looks like them in the usual fonts: the common part of UTS 39, lower case. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "аαɑ",
  b: "вβß",
  c: "сϲ",
  d: "ԁ",
  e: "еε3",
  g: "ɡց",
  h: "һнհ",
  j: "јϳ",
  k: "кκ",
  l: "ӏіιıɩʟi1|!",
  m: "м",
  n: "ηոɴ",
  o: "оοօø0",
  p: "рρ",
  q: "ԛ",
  r: "гʀ",
  s: "ѕꜱ5",
  t: "тτ",
  u: "υսμ",
  v: "ѵν",
  w: "ԝω",
  x: "хχ",
  y: "уүγ",
}
const LATIN = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([latin, others]) =>
    Array.from(others, (other): [string, string] => [other, latin]),
  ),
)

/** Two names with one skeleton can be taken for each other. Case, accents, width and invisible characters don't count. */
export function skeleton(name: string): string {
  const folded = name
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\s]/gu, "")
    .toLowerCase()
  return Array.from(folded, (letter) => LATIN.get(letter) ?? letter)
    .join("")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
}
