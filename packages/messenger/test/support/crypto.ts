import { nodeCrypto } from "@starling/mls/node"

/** Suite 1: the quickest, and what these tests are about is alike in all. */
export const crypto = nodeCrypto(1)
