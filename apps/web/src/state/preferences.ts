import { create } from "zustand"

import { isLanguage, localeOf, preferredLanguage, type Language } from "../text/languages.ts"

export type Theme = "auto" | "light" | "dark"

interface Preferences {
  readonly theme: Theme
  readonly language: Language
}

/** How this browser shows things; kept in this browser, unknown to the daemon. */
export const usePreferences = create<Preferences>()(() => ({ theme: storedTheme(), language: storedLanguage() }))

export function useLocale(): string {
  return usePreferences(({ language }) => localeOf(language, navigator.languages))
}

export function setTheme(theme: Theme): void {
  localStorage.setItem("theme", theme)
  usePreferences.setState({ theme })
  showTheme()
}

export function setLanguage(language: Language): void {
  localStorage.setItem("language", language)
  usePreferences.setState({ language })
}

/** Writes the theme where the stylesheet looks for it. */
export function showTheme(): void {
  document.documentElement.dataset["theme"] = usePreferences.getState().theme
}

function storedTheme(): Theme {
  const stored = localStorage.getItem("theme")
  return stored === "light" || stored === "dark" ? stored : "auto"
}

function storedLanguage(): Language {
  const stored = localStorage.getItem("language")
  return stored !== null && isLanguage(stored) ? stored : preferredLanguage(navigator.languages)
}
