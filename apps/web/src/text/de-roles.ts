import type { Catalogue } from "./en.ts"

export const roles: Catalogue["roles"] = {
  name: { admin: "Admin", owner: "Inhaber" },
  make: { member: "Zum Mitglied machen", admin: "Zum Admin machen", owner: "Zum Inhaber machen" },
  made: {
    member: (name) => `${name} ist Mitglied wie andere`,
    admin: (name) => `${name} ist Admin`,
    owner: (name) => `${name} ist Inhaber`,
  },
  makeFailed: "Die Rolle wurde nicht geändert",
  makeOwnerTitle: (name) => `${name} zum Inhaber machen?`,
  makeOwnerBody: (name) =>
    `${name} kann dann Rollen vergeben, ändern, wer einladen und entfernen darf, und Admins entfernen. Nur ${name} kann das wieder abgeben.`,
  stepDown: "Nicht mehr Inhaber sein",
  stepDownTitle: "Nicht mehr Inhaber sein?",
  stepDownBody: "Du bleibst Admin. Nur jemand anderes mit dieser Rolle kann dich wieder zum Inhaber machen.",
  stepDownDo: "Abgeben",
  steppedDown: "Du bist jetzt Admin",
  ownLog: {
    scarce:
      "Dieses Gerät hat die meisten Änderungen aufgebraucht, die Mitglieder von einem Gerät aufheben. Überlass anderen welche.",
    full: "Dieses Gerät kann an dieser Gruppe nichts mehr ändern: Mitglieder heben von einem Gerät nur so viel auf. Du kannst weiter lesen, schreiben und die Gruppe verlassen. Andere können einladen und entfernen; hat dich niemand eingeladen, der die Gruppe verwaltet, dann bitte so jemanden um eine neue Einladung: das schafft Platz.",
  },
  adminsInvite: "In diese Gruppe laden nur Admins ein.",
  leaveAsOwner: "Nur du bist Inhaber: Ohne dich kann niemand Rollen vergeben oder ändern, wer was darf.",
  policy: {
    title: "Wer darf…",
    invite: "Leute einladen",
    remove: "Mitglieder entfernen",
    circle: { everyone: "Alle", admins: "Admins" },
    sentence: {
      everyone: {
        everyone: "Alle laden ein und entfernen Mitglieder.",
        admins: "Alle laden ein; Admins entfernen Mitglieder.",
      },
      admins: {
        everyone: "Admins laden ein; alle entfernen Mitglieder.",
        admins: "Admins laden Leute ein und entfernen Mitglieder.",
      },
    },
    ownersCount: "Inhaber vergeben Rollen und zählen als Admins.",
    failed: "Es wurde nichts geändert",
  },
}
