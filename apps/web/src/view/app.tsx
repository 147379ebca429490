import { beginFirstRun, endFirstRun, useFirstRun } from "../state/first-run.ts"
import { useAnnouncement } from "../state/announcement.ts"
import { useWorld } from "../state/store.ts"
import { useText } from "../text/use-text.ts"
import { KeyMoment, Welcome } from "./first-run.tsx"
import { Logo } from "./logo.tsx"
import { Shell } from "./shell.tsx"
import { Toasts } from "./toasts.tsx"

export function App() {
  const said = useAnnouncement((state) => state.said)
  return (
    <>
      <Screen />
      <Toasts />
      <p className="for-readers" role="status" aria-live="polite">
        {said}
      </p>
    </>
  )
}

function Screen() {
  const line = useWorld((world) => world.line)
  const status = useWorld((world) => world.status)
  const showsKeys = useFirstRun((state) => state.showsKeys)
  if (line === "signed-out") return <SignedOut />
  if (status === undefined) return <Joining lost={line === "lost"} />
  if (status.name === "") return <Welcome started={beginFirstRun} />
  if (showsKeys) return <KeyMoment go={endFirstRun} />
  return <Shell />
}

function Joining({ lost }: { readonly lost: boolean }) {
  const text = useText()
  return (
    <main className="stage">
      <div className="stage-card">
        <Logo size={72} />
        <h1 className="screen-title">{text.product}</h1>
        <p className="lead" role="status">
          {lost ? text.line.lost : text.line.joining}
        </p>
      </div>
    </main>
  )
}

function SignedOut() {
  const text = useText()
  return (
    <main className="stage">
      <div className="stage-card">
        <Logo size={72} />
        <h1 className="screen-title">{text.line.signedOut}</h1>
        <p className="lead">{text.line.signedOutHelp}</p>
        <code className="command">npx starling ui</code>
      </div>
    </main>
  )
}
