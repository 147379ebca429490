import type { Settings } from "@starling/peer/contract"
import { RadioGroup } from "radix-ui"
import { useState, type FormEvent } from "react"

import { api } from "../api/client.ts"
import { setLanguage, setTheme, usePreferences, type Theme } from "../state/preferences.ts"
import { change, useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { isLanguage, LANGUAGES } from "../text/languages.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { PageHead } from "./page-head.tsx"
import { Table } from "./table.tsx"

const THEMES: readonly Theme[] = ["auto", "light", "dark"]

export function SettingsPage() {
  const text = useText()
  return (
    <main className="page">
      <PageHead title={text.settings.title} />
      <ProfileCard />
      <MessagesCard />
      <AppearanceCard />
      <KeyUpdatesCard />
      <IdentityCard />
      <NetworkCard />
      <section className="card" aria-labelledby="keyboard">
        <h2 className="section-title" id="keyboard">
          {text.settings.keyboard}
        </h2>
        <dl className="facts">
          {text.settings.shortcuts.map(([keys, what]) => (
            <div className="fact" key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
      <p className="footnote">{text.settings.aboutBody}</p>
    </main>
  )
}

function ProfileCard() {
  const text = useText()
  const current = useWorld((world) => world.status?.name ?? "")
  const [name, setName] = useState(current)
  const save = (event: FormEvent) => {
    event.preventDefault()
    act(text.settings.saveFailed, async () => {
      const status = await api.rename(name.trim())
      change((world) => ({ ...world, status }))
      say(text.settings.saved)
    })
  }
  return (
    <section className="card" aria-labelledby="profile">
      <h2 className="section-title" id="profile">
        {text.settings.profile}
      </h2>
      <form className="inline-form" onSubmit={save}>
        <label className="field">
          <span className="field-label">{text.settings.name}</span>
          <input
            className="input"
            dir="auto"
            autoComplete="name"
            maxLength={64}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <button className="button" type="submit" disabled={name.trim() === "" || name.trim() === current}>
          {text.settings.save}
        </button>
      </form>
    </section>
  )
}

/** Hours that the list offers; one set by other means stands beside them. */
const RETENTIONS = [1, 6, 24, 72, 168, 336]

function MessagesCard() {
  const text = useText()
  const settings = useWorld((world) => world.settings)
  if (settings === undefined) return null
  const set = (wanted: Partial<Settings>) =>
    act(text.settings.changeFailed, async () => {
      const changed = await api.changeSettings(wanted)
      change((world) => ({ ...world, settings: changed }))
    })
  const hours = [...new Set([...RETENTIONS, settings.retentionHours])].sort((a, b) => a - b)
  return (
    <section className="card" aria-labelledby="messages">
      <h2 className="section-title" id="messages">
        {text.settings.messages}
      </h2>
      <div className="field">
        <span className="field-label" id="receipts">
          {text.settings.receipts}
        </span>
        <RadioGroup.Root
          className="choices"
          aria-labelledby="receipts"
          value={settings.receipts ? "on" : "off"}
          onValueChange={(value) => set({ receipts: value === "on" })}
        >
          {(["on", "off"] as const).map((one) => (
            <RadioGroup.Item className="choice" key={one} value={one}>
              {text.settings.receiptsChoice[one]}
            </RadioGroup.Item>
          ))}
        </RadioGroup.Root>
        <span className="field-hint">{text.settings.receiptsHint}</span>
      </div>
      <label className="field">
        <span className="field-label">{text.settings.retention}</span>
        <select
          className="input"
          value={settings.retentionHours}
          onChange={({ target }) => set({ retentionHours: Number(target.value) })}
        >
          {hours.map((n) => (
            <option key={n} value={n}>
              {text.settings.hours(n)}
            </option>
          ))}
        </select>
        <span className="field-hint">{text.settings.retentionHint}</span>
      </label>
    </section>
  )
}

function AppearanceCard() {
  const text = useText()
  const theme = usePreferences((preferences) => preferences.theme)
  const language = usePreferences((preferences) => preferences.language)
  return (
    <section className="card" aria-labelledby="appearance">
      <h2 className="section-title" id="appearance">
        {text.settings.appearance}
      </h2>
      <div className="field">
        <span className="field-label" id="theme">
          {text.settings.theme}
        </span>
        <RadioGroup.Root
          className="choices"
          aria-labelledby="theme"
          value={theme}
          onValueChange={(value) => setTheme(THEMES.find((one) => one === value) ?? "auto")}
        >
          {THEMES.map((one) => (
            <RadioGroup.Item className="choice" key={one} value={one}>
              {text.settings.themes[one]}
            </RadioGroup.Item>
          ))}
        </RadioGroup.Root>
      </div>
      <label className="field">
        <span className="field-label">{text.settings.language}</span>
        <select
          className="input"
          value={language}
          onChange={({ target }) => isLanguage(target.value) && setLanguage(target.value)}
        >
          {LANGUAGES.map(({ code, name }) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </section>
  )
}

/** Off first; a period that was set elsewhere is offered along with these. */
const PERIODS: readonly number[] = [1, 2, 3, 7, 14, 30]

function KeyUpdatesCard() {
  const text = useText()
  const settings = useWorld((world) => world.settings)
  if (settings === undefined) return null
  const current = settings.healEveryDays
  const periods = current === null || PERIODS.includes(current) ? PERIODS : [...PERIODS, current].sort((a, b) => a - b)
  const choose = (value: string) =>
    act(text.settings.healEveryFailed, async () => {
      const changed = await api.changeSettings({ healEveryDays: value === "" ? null : Number(value) })
      change((world) => ({ ...world, settings: changed }))
    })
  return (
    <section className="card" aria-labelledby="key-updates">
      <h2 className="section-title" id="key-updates">
        {text.settings.keyUpdates}
      </h2>
      <p className="row-second">{text.settings.healEveryHint}</p>
      <label className="field">
        <span className="field-label">{text.settings.healEvery}</span>
        <select className="input" value={current ?? ""} onChange={({ target }) => choose(target.value)}>
          <option value="">{text.settings.healNever}</option>
          {periods.map((days) => (
            <option key={days} value={days}>
              {text.settings.healEveryDays(days)}
            </option>
          ))}
        </select>
      </label>
    </section>
  )
}

function IdentityCard() {
  const text = useText()
  const status = useWorld((world) => world.status)
  if (status === undefined) return null
  return (
    <section className="card" aria-labelledby="identity">
      <h2 className="section-title" id="identity">
        {text.settings.identity}
      </h2>
      <p className="row-second">{text.settings.identityHint}</p>
      <dl className="facts">
        <dt>{text.settings.fingerprint}</dt>
        <dd className="mono-block" dir="ltr">
          {status.identity.replaceAll(/.{5}/g, "$& ").trim()}
        </dd>
        <dt>{text.settings.peerId}</dt>
        <dd className="mono-block" dir="ltr">
          {status.peerId}
        </dd>
      </dl>
      <p className={status.rootKeyProtected ? "row-second" : "warning"}>
        {status.rootKeyProtected ? text.settings.rootProtected : text.settings.rootOpen}
      </p>
    </section>
  )
}

function NetworkCard() {
  const text = useText()
  const peers = useWorld((world) => world.status?.peers ?? NONE)
  const listen = useWorld((world) => world.status?.listen ?? NOWHERE)
  return (
    <section className="card" aria-labelledby="network">
      <h2 className="section-title" id="network">
        {text.settings.network}
      </h2>
      {peers.length === 0 ? (
        <p className="quiet-note">{text.settings.noPeers}</p>
      ) : (
        <Table
          label={text.settings.connected}
          columns={[text.settings.peer, text.settings.address]}
          rows={peers.map(({ peerId, address }) => ({
            key: `${peerId} ${address}`,
            cells: [
              <span className="mono-block" dir="ltr">{`…${peerId.slice(-10)}`}</span>,
              <span className="mono-block" dir="ltr">
                {address}
              </span>,
            ],
          }))}
        />
      )}
      {listen.length > 0 && (
        <dl className="facts">
          <dt>{text.settings.listen}</dt>
          <dd className="mono-block" dir="ltr">
            {listen.map((address) => (
              <div key={address}>{address}</div>
            ))}
          </dd>
        </dl>
      )}
    </section>
  )
}

const NONE: readonly { readonly peerId: string; readonly address: string }[] = []
const NOWHERE: readonly string[] = []
