export type Language = "en" | "de"

export const LANGUAGES: readonly { readonly code: Language; readonly name: string }[] = [
  { code: "en", name: "English" },
  { code: "de", name: "Deutsch" },
]

export function isLanguage(code: string): code is Language {
  return LANGUAGES.some((language) => language.code === code)
}

export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const code = tag.split("-")[0] ?? ""
    if (isLanguage(code)) return code
  }
  return "en"
}
