import { EntropyExhausted, PoolWriteFailed } from "@starling/entropy"
import type { Refusal, RefusalCode } from "@starling/messenger"
import { StoreError, TransportError } from "@starling/messenger/ports"
import { Fault } from "./fault.ts"

const STATUSES: Readonly<Record<RefusalCode, 400 | 403 | 404 | 409>> = {
  "bad-name": 400,
  "bad-period": 400,
  "bad-link": 400,
  "bad-message": 400,
  "newer-version": 400,
  "own-identity": 400,
  "unknown-peer": 404,
  "unknown-group": 404,
  "unknown-invitation": 404,
  "not-active": 409,
  "no-longer-member": 409,
  "already-member": 409,
  "not-a-member": 409,
  "invitation-invalid": 409,
  "clock-differs": 409,
  "catching-up": 409,
  "log-full": 409,
  "not-allowed": 403,
  "bad-setting": 400,
  "bad-mailbox": 400,
  "unknown-mailbox": 404,
}

/** What a caller is told of a verb that the messenger refused. */
export function refusalFault(refusal: Refusal): Fault {
  return new Fault(STATUSES[refusal.code], refusal.code, refusal.message)
}

/** What a caller is told of an error; `undefined` where the error is a defect of ours, which is nobody's to read. */
export function worldFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error
  if (isOutOfSpace(error)) return diskFull("the disk is full", error)
  if (error instanceof StoreError) {
    return error.reason === "full"
      ? diskFull("the disk is full", error)
      : new Fault(500, `store-${error.reason}`, `${error.message}: nothing was done`, { cause: error })
  }
  if (error instanceof PoolWriteFailed) {
    return diskFull(error.message, error)
  }
  if (error instanceof EntropyExhausted) {
    return new Fault(
      503,
      "entropy-exhausted",
      `the pool holds ${error.available} bytes of quantum entropy and ${error.needed} are needed: refill it, or run with --entropy mixed`,
      { cause: error },
    )
  }
  if (error instanceof TransportError) return new Fault(502, "unreachable", error.message, { cause: error })
  return undefined
}

function diskFull(what: string, cause: unknown): Fault {
  return new Fault(507, "disk-full", `${what}: nothing was done. Make room and try again`, { cause })
}

/** A call of the operating system that found no room: on the disk, or in what its owner may use of it. */
function isOutOfSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")
}
