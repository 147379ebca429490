import { StoreError } from "@starling/messenger/ports"

/** Primary result codes of SQLite (sqlite.org/rescode.html) that the world can cause. */
const REASONS: ReadonlyMap<number, StoreError["reason"]> = new Map([
  [3, "io"],
  [5, "locked"],
  [6, "locked"],
  [8, "io"],
  [10, "io"],
  [11, "corrupt"],
  [13, "full"],
  [14, "io"],
  [26, "corrupt"],
])

const MESSAGES: Record<StoreError["reason"], string> = {
  full: "there is no space left for the store",
  io: "the store can't be read or written",
  locked: "another process uses the store",
  "newer-version": "the store was written by a newer version of Starling",
  "wrong-key": "the root key does not fit the store",
  corrupt: "the store is damaged",
}

/** Runs `act` on the database in `folder`; what the world did to it surfaces as `StoreError`, our own mistakes as they are. */
export function onDisk<T>(folder: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const reason = failureReason(error)
    throw reason === undefined ? error : storeError(reason, folder, error)
  }
}

/** As `onDisk`, for reading the tables' definitions: our SQL is constant, so that what does not fit it was damaged. */
export function onSchema<T>(folder: string, act: () => T): T {
  try {
    return onDisk(folder, act)
  } catch (error) {
    throw resultCode(error) === 1 ? storeError("corrupt", folder, error) : error
  }
}

export function storeError(reason: StoreError["reason"], folder: string, cause?: unknown): StoreError {
  return new StoreError(reason, `${MESSAGES[reason]}: ${folder}`, { cause })
}

function failureReason(error: unknown): StoreError["reason"] | undefined {
  const code = resultCode(error)
  if (code !== undefined) return REASONS.get(code)
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return error.code === "ENOSPC" || error.code === "EDQUOT" ? "full" : "io"
  }
  return undefined
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined
  return error.errcode & 0xff
}
