import { useEffect, useState } from "react"

import { go, useRoute, type Route } from "../state/route.ts"
import { Banner } from "./banner.tsx"
import { Chat } from "./chat.tsx"
import { ChatList } from "./chat-list.tsx"
import { EntropyPage } from "./entropy-page.tsx"
import { Home } from "./home.tsx"
import { Inspector } from "./inspector.tsx"
import { InvitationsPage } from "./invitations-page.tsx"
import { JumpDialog } from "./jump-dialog.tsx"
import { Navigation } from "./navigation.tsx"
import { PeoplePage } from "./people-page.tsx"
import { SettingsPage } from "./settings-page.tsx"

/** Rail, list, page, inspector; on a phone one of them at a time. */
export function Shell() {
  const route = useRoute()
  const [jumping, setJumping] = useState(false)
  const inspector = route.page === "group" ? route.inspector : undefined

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        setJumping(true)
      }
      if (event.key === "Escape" && !event.defaultPrevented && document.querySelector(".sheet, .menu") === null) {
        back(route)
      }
    }
    addEventListener("keydown", pressed)
    return () => removeEventListener("keydown", pressed)
  }, [route])

  return (
    <div className="shell" data-page={route.page} data-inspector={inspector ?? "none"}>
      <Banner />
      <Navigation route={route} />
      <ChatList route={route} />
      <Page route={route} />
      {route.page === "group" && inspector && <Inspector key={route.group} group={route.group} showing={inspector} />}
      <JumpDialog open={jumping} close={() => setJumping(false)} />
    </div>
  )
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "home":
      return <Home />
    case "group":
      return <Chat key={route.group} group={route.group} inspector={route.inspector} />
    case "people":
      return <PeoplePage />
    case "invitations":
      return <InvitationsPage />
    case "entropy":
      return <EntropyPage />
    case "settings":
      return <SettingsPage />
  }
}

/** Esc: out of the inspector first, then out of the page. */
function back(route: Route): void {
  if (route.page === "group" && route.inspector) go({ page: "group", group: route.group })
  else if (route.page !== "home") go({ page: "home" })
}
