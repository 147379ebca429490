import { create } from "zustand"

import { usePreferences } from "../state/preferences.ts"
import { en, type Catalogue } from "./en.ts"
import type { Language } from "./languages.ts"

const useCatalogue = create<{ readonly text: Catalogue; readonly language: Language }>()(() => ({
  text: en,
  language: "en",
}))

export function useText(): Catalogue {
  return useCatalogue((state) => state.text)
}

export function textNow(): Catalogue {
  return useCatalogue.getState().text
}

/** Fetches the catalogue that the preferences ask for, now and whenever they change. */
export async function followLanguage(): Promise<void> {
  usePreferences.subscribe(({ language }) => void load(language))
  await load(usePreferences.getState().language)
}

async function load(language: Language): Promise<void> {
  const text = language === "de" ? (await import("./de.ts")).de : en
  document.documentElement.lang = language
  useCatalogue.setState({ text, language })
}
