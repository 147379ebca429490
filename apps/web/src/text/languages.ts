export type Language = "en" | "de"

export const LANGUAGES: readonly { readonly code: Language; readonly name: string }[] = [
  { code: "en", name: "English" },
  { code: "de", name: "Deutsch" },
]

export function isLanguage(code: string): code is Language {
  return LANGUAGES.some((language) => language.code === code)
}

/** The reader's own variant of a language where the browser names one, for dates and numbers. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag === language || tag.startsWith(`${language}-`)) ?? language
}

export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const code = tag.split("-")[0] ?? ""
    if (isLanguage(code)) return code
  }
  return "en"
}
