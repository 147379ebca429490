import type { PhoneTap } from "@starling/eaas"
import { PhoneDoor } from "../phone/phone-door.ts"
import { PAIRING_KEY_BYTES } from "../phone/pairing-code.ts"
import type { TapChoice } from "./daemon.ts"
import type { Foundation } from "./foundation.ts"

const BUCKET = "eaas"
const KEY = "phone"

/** Opens the door for the person's phone, where keys come by one. Throws `Fault` `port-taken`. */
export async function openPhoneDoor(
  choice: TapChoice,
  tap: PhoneTap | undefined,
  { store, ledger, localRandom }: Pick<Foundation, "store" | "ledger" | "localRandom">,
  resources: AsyncDisposableStack,
): Promise<PhoneDoor | undefined> {
  if (choice.kind !== "phone" || tap === undefined) return undefined
  const { host, port } = choice
  const shelf = {
    load: () => {
      const key = store.get(BUCKET, KEY, KEY)
      return key?.length === PAIRING_KEY_BYTES ? key : undefined
    },
    save: (value: Uint8Array<ArrayBuffer>) =>
      ledger.commit([{ kind: "put", bucket: BUCKET, partition: KEY, key: KEY, ordinal: 0, value }]),
  }
  return resources.use(await PhoneDoor.open({ host, port, tap, shelf, random: localRandom }))
}
