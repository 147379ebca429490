import type { Group } from "../group/group.ts"
import { devicesOf } from "../group/roster.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { DeliveryCount } from "../peer/step.ts"
import type { MessageId } from "./content.ts"
import { hasSeq } from "./seq-set.ts"

/** How far an own message has come; `undefined` for one that is no longer followed. */
export function deliveryCount(group: Group, id: MessageId, own: DeviceKey): DeliveryCount | undefined {
  const sent = group.sent.find((each) => each.id === id)
  if (sent === undefined) return undefined
  const recipients = new Set<DeviceKey>()
  for (const { sid } of sent.copies)
    for (const { device } of devicesOf(group.forest.get(sid)?.roster ?? [])) recipients.add(device)
  recipients.delete(own)
  const delivered = [...recipients].filter((device) => {
    const held = group.acks.get(device) ?? []
    return sent.copies.some(({ seq }) => hasSeq(held, seq))
  })
  return { reached: sent.reached, delivered: delivered.length, recipients: recipients.size }
}
