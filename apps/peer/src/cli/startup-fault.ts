import { PoolCorrupt, PoolVersionUnsupported } from "@starling/entropy"
import { PoolLocked } from "@starling/entropy/node"
import { StoreError, TransportError } from "@starling/messenger/ports"
import { Fault } from "../api/fault.ts"
import { worldFault } from "../api/fault-of.ts"
import { DataFolderError } from "../daemon/data-folder.ts"
import { KeyServiceError } from "../daemon/key-service.ts"
import { CliError } from "./cli-error.ts"

/** Says why a daemon could not start, and what to do. Rethrows what is a defect of ours. */
export function startupFault(error: unknown): never {
  if (error instanceof DataFolderError) throw new CliError(error.reason, error.message, 1, { cause: error })
  if (isLocked(error)) {
    throw new CliError(
      "locked",
      "a daemon already runs on this data folder: use it (`starling ui` opens it), end it (`starling stop`), or take another folder with --data",
      1,
      {
        cause: error,
      },
    )
  }
  if (error instanceof StoreError)
    throw new CliError(storeCode(error), `${error.message}: ${storeAdvice(error)}`, 1, { cause: error })
  if (error instanceof PoolVersionUnsupported)
    throw new CliError("newer-version", `${error.message}: update Starling`, 1, { cause: error })
  if (error instanceof PoolCorrupt)
    throw new CliError("damaged", `${error.message}: restore the data folder from a copy`, 1, { cause: error })
  if (error instanceof TransportError)
    throw new CliError("listen", `${error.message}: choose other addresses with --listen`, 1, { cause: error })
  if (error instanceof KeyServiceError) throw new CliError(error.code, error.message, 1, { cause: error })
  const fault = worldFault(error)
  if (fault instanceof Fault) throw new CliError(fault.code, fault.message, 1, { cause: error })
  if (error instanceof Error && "syscall" in error) throw new CliError("io", error.message, 1, { cause: error })
  throw error
}

function isLocked(error: unknown): boolean {
  return error instanceof PoolLocked || (error instanceof StoreError && error.reason === "locked")
}

function storeCode({ reason }: StoreError): string {
  return reason === "full" ? "disk-full" : reason === "corrupt" ? "damaged" : reason
}

function storeAdvice({ reason }: StoreError): string {
  switch (reason) {
    case "full":
      return "make room and start again"
    case "newer-version":
      return "update Starling, or use another folder with --data. Nothing was changed"
    case "wrong-key":
    case "corrupt":
      return "restore the data folder from a copy"
    case "io":
    case "locked":
      return "look at the disk and the rights of the folder"
  }
}
