import type { Message } from "@starling/peer/contract"

import type { Catalogue } from "./en.ts"

export type DeliveryStage = "saved" | "network" | "mailbox" | "some" | "all" | "read" | "ended"

/** How far an own message is known to have come. */
export function stageOf(delivery: Message["delivery"]): DeliveryStage {
  if (delivery === undefined) return "saved"
  const { reached, delivered, recipients, read, mailboxes, ended } = delivery
  if (ended) return "ended"
  if (read > 0) return "read"
  if (delivered > 0) return delivered >= recipients ? "all" : "some"
  if (mailboxes > 0) return "mailbox"
  return reached > 0 ? "network" : "saved"
}

export function deliveryText(delivery: Message["delivery"], text: Catalogue): string {
  if (delivery === undefined) return text.delivery.unknown
  switch (stageOf(delivery)) {
    case "saved":
      return delivery.recipients === 0 ? text.delivery.alone : text.delivery.saved
    case "network":
      return text.delivery.network
    case "mailbox":
      return text.delivery.mailbox
    case "read":
      return text.delivery.read(delivery.read, delivery.recipients)
    case "some":
      return text.delivery.some(delivery.delivered, delivery.recipients)
    case "ended":
      return text.delivery.ended(delivery.delivered, delivery.recipients)
    case "all":
      return text.delivery.all(delivery.recipients)
  }
}
