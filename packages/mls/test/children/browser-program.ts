// Compiled without the types of Node, and run by what the tarball was installed into.
import { createGroup, exportSecret, generateSignatureKeyPair, type MlsContext } from "@starling/mls"
import { nobleCrypto } from "@starling/mls/noble"

const mls: MlsContext = {
  crypto: nobleCrypto(1),
  random: { draw: (length) => crypto.getRandomValues(new Uint8Array(length)) },
  authenticate: () => undefined,
}
const group = createGroup(mls, {
  groupId: new TextEncoder().encode("alone"),
  credential: { kind: "basic", identity: new TextEncoder().encode("alice") },
  signatureKeys: generateSignatureKeyPair(mls),
  lifetime: { notBefore: 0n, notAfter: 1n },
})
if (exportSecret(mls, group, "label", new Uint8Array(0), 32).length !== 32) throw new Error("no secret")
