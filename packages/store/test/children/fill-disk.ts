/** Commits until the disk is full, then tells what stands in the store, in the same process and after reopening. */
import { StoreError } from "@starling/messenger/ports"

import { open, put } from "../folders.ts"

const folder = process.argv[2] ?? ""
let reason = ""
let acknowledged = 0
let found = 0
{
  using store = open(folder)
  try {
    for (;;) {
      store.commit([put("a", `${acknowledged}`, acknowledged, "x".repeat(10_000)), put("b", `${acknowledged}`, 0)])
      acknowledged++
    }
  } catch (error) {
    reason = error instanceof StoreError ? error.reason : String(error)
  }
  found = store.all("records").length / 2
}
using store = open(folder)
process.stdout.write(JSON.stringify({ reason, acknowledged, found, later: store.all("records").length / 2 }))
