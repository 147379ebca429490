import { anu } from "./anu.ts"
import { idq } from "./idq.ts"
import type { ApplianceProfile } from "./profile.ts"
import { quandela } from "./quandela.ts"
import { qrypt } from "./qrypt.ts"

/** By the name that an operator chooses them by. */
export const APPLIANCES = { anu, idq, quandela, qrypt } as const satisfies Readonly<Record<string, ApplianceProfile>>

export type ApplianceName = keyof typeof APPLIANCES
