import { count } from "./count.ts"
import type { Catalogue } from "./en.ts"

export const delivery: Catalogue["delivery"] = {
  saving: "Wird gespeichert…",
  failed: "Nicht gespeichert",
  edit: "Neu schreiben",
  saved: "Hier gespeichert",
  alone: "Hier gespeichert. Noch ist sonst niemand in der Gruppe",
  network: "Im Netz",
  networkLong: (n) => `Im Netz: an ${count(n, "Nachbarn", "Nachbarn")} übergeben, Ankunft noch nicht bekannt`,
  some: (n, all) => `Auf ${n} von ${all} Geräten angekommen`,
  all: (n) => (n === 1 ? "Angekommen" : `Auf allen ${n} Geräten angekommen`),
  read: (n, all) => (all === 1 ? "Gelesen" : `Auf ${n} von ${all} Geräten gelesen`),
  mailbox: "In einem Briefkasten, bis es jemand abholt",
  mailboxes: (n) =>
    n === 0 ? "in keinem" : `${count(n, "Briefkasten hebt", "Briefkästen heben")} es für Abwesende auf`,
  noRead: "nicht bekannt, ob gelesen",
  ended: (n, all) =>
    `Auf ${n} von ${all} Geräten angekommen. Es wird nicht mehr gesendet und hat vielleicht nicht alle erreicht`,
  unknown: "Hier gespeichert",
}

export const mailboxes: Catalogue["mailboxes"] = {
  title: "Briefkästen",
  hint: "Ein Briefkasten hebt verschlüsselte Nachrichten für Mitglieder auf, die gerade weg sind. Lesen kann er keine; er sieht, welche Geräte wann zu ihm kommen.",
  none: "Kein Briefkasten. Nachrichten warten auf den Geräten der Mitglieder.",
  connected: "verbunden",
  away: "nicht verbunden",
  add: "Briefkasten hinzufügen",
  label: "Link des Briefkastens",
  linkHint: "Er beginnt mit starling://mailbox. Der Befehl starling mailbox zeigt ihn.",
  do: "Hinzufügen",
  added: "Der Briefkasten ist hinzugefügt",
  addFailed: "Der Briefkasten wurde nicht hinzugefügt",
  removeOne: (name) => `Briefkasten ${name} nicht mehr nutzen`,
  removed: "Der Briefkasten wird nicht mehr genutzt",
  removeFailed: "Der Briefkasten wird noch genutzt",
}
