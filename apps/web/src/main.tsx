import "@fontsource-variable/inter/wght.css"
import "./style/tokens.css"
import "./style/base.css"
import "./style/controls.css"
import "./style/overlays.css"
import "./style/shell.css"
import "./style/pages.css"
import "./style/chat.css"
import "./style/inspector.css"
import "./style/entropy.css"

import { createRoot } from "react-dom/client"

import { openSession } from "./api/session.ts"
import { follow } from "./state/follow.ts"
import { showTheme } from "./state/preferences.ts"
import { change } from "./state/store.ts"
import { followLanguage } from "./text/use-text.ts"
import { App } from "./view/app.tsx"

const root = document.querySelector("#root")
if (root === null) throw new Error("index.html has no #root")

showTheme()
await followLanguage()
createRoot(root).render(<App />)
try {
  await openSession()
} catch {
  change((world) => ({ ...world, line: "lost" }))
}
follow(new AbortController().signal)
