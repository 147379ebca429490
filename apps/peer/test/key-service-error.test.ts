import { EntropyClientError } from "@starling/eaas"
import { expect, test } from "vitest"

import { keyServiceError } from "../src/daemon/key-service-error.ts"

test.for([
  { name: "no epoch is known", given: undefined, waits: 2_000 },
  { name: "the open epoch closes at once", given: 5, waits: 2_000 },
  { name: "the open epoch closes soon", given: 40_000, waits: 40_000 },
  { name: "the open epoch closes in a day", given: 86_400_000, waits: 600_000 },
])("who is not in an epoch yet asks again when one opens: $name", ({ given, waits }) => {
  const options = given === undefined ? {} : { retryAfter: given }
  expect(keyServiceError(new EntropyClientError("epoch-not-open", options))).toMatchObject({ retryAfter: waits })
})
