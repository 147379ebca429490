import type { Catalogue } from "./en.ts"

export const entropy: Catalogue["entropy"] = {
  title: "Entropie",
  lead: "Woher der Zufall hinter deinen Schlüsseln kommt.",
  policy: {
    mixed:
      "Jeder Schlüssel mischt den Zufall dieses Rechners mit Bytes aus dem Vorrat, so dass keiner von beiden allein ihn vorhersagen kann. Ist der Vorrat leer, entstehen Schlüssel allein aus diesem Rechner und werden gekennzeichnet.",
    strict:
      "Jeder Schlüssel mischt den Zufall dieses Rechners mit Bytes aus dem Vorrat. Ist der Vorrat leer, entsteht keiner.",
    pure: "Schlüssel entstehen ungemischt aus den Bytes des Vorrats. Das dient der Messung der Quelle, nicht dem Alltag.",
  },
  pool: "Vorrat",
  gauge: (have, all) => `${have} von ${all}`,
  gaugeHint: "Quantenbytes, jedes einmal gebraucht",
  refill: "Auffüllen",
  refilled: (size) => `${size} kamen in den Vorrat`,
  refillFailed: "Der Vorrat wurde nicht aufgefüllt",
  caveats: "Was das nicht leistet",
  noCaveats: "Zurzeit nichts bekannt.",
  anonymity: (n) =>
    n === 0
      ? "Noch wurde kein Schlüssel angefordert."
      : n === 1
        ? "Die letzte Anforderung war unter 1 Nutzer verborgen: Das bist du, sie war also nicht verborgen."
        : `Die letzte Anforderung war unter höchstens ${n} Nutzern verborgen.`,
  sources: "Quellen",
  source: "Quelle",
  path: "Weg",
  state: "Zustand",
  lastOk: "Letzte Lieferung",
  never: "nie",
  eachDraw: "bei jeder Entnahme",
  simulated: "simuliert",
  stateOf: { ok: "arbeitet", unreachable: "nicht erreichbar", refused: "abgelehnt", working: "fragt…", off: "aus" },
  noSources: "Keine Quelle ist eingerichtet. Schlüssel entstehen allein aus diesem Rechner.",
  draws: "Woraus jeder Schlüssel entstand",
  drawsHint:
    "Eine Zeile für jede Entnahme, neueste zuerst. Sie nennt Bereiche und Quellen; die Bytes selbst sind fort.",
  noDraws: "Noch ist kein Schlüssel entstanden.",
  draw: "Entnahme",
  time: "Zeit",
  purpose: "Für",
  bytes: "Bytes",
  made: "Entstanden aus",
  label: "Kennzeichen",
  labelOf: { mixed: "gemischt", "local only": "nur lokal", pure: "rein", burned: "verbrannt" },
  burnedHint: "zurückgelegt und nie gebraucht, weil Starling dazwischen anhielt",
  local: (n) => `${n} dieser Rechner`,
  quantum: (n) => `${n} Quanten`,
  newer: "Neuere",
  olderPage: "Ältere",
  page: (from, to) => `Entnahmen ${from} bis ${to}`,
  deliveries: "Lieferungen in den Vorrat",
  noDeliveries: "Noch wurde nichts geliefert.",
  provider: "Local Provider",
  platformEpoch: "Epoche",
  hiddenAmong: "Verborgen unter",
  proof: "Beweis in",
  received: "Empfangen",
  pathOf: (when) => `Der Weg der Lieferung vom ${when}`,
  showPath: "Ihren Weg zeigen",
  link: "Quantenkanal",
  linkUntold: "vom Local Provider nicht genannt",
  linkClaimed: "nach Angabe des Local Providers: niemand unterschreibt das",
  tap: "Übergabe",
  provedIn: (time) => `Beweis in ${time}`,
  among: (n) => (n <= 1 ? "nicht verborgen: einziger Nutzer" : `verborgen unter höchstens ${n} Nutzern`),
  mixing: {
    mixed: "in jedem Schlüssel mit dem Zufall dieses Rechners gemischt",
    strict: "in jedem Schlüssel mit dem Zufall dieses Rechners gemischt",
    pure: "ungemischt gebraucht, zum Messen",
  },
  footnote:
    "Gesundheitstests finden defekte Quellen. Sie zeigen nicht, dass eine Quelle auf Quanten beruht oder dass niemand eine Kopie behielt: Darum wird der Zufall dieses Rechners immer beigemischt.",
  footnotePure:
    "Gesundheitstests finden defekte Quellen. Sie zeigen nicht, dass eine Quelle auf Quanten beruht oder dass niemand eine Kopie behielt.",
  failed: "Die Liste kann nicht gelesen werden",
}
