import type { Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { MlsContext } from "./context.ts"
import { signedGroupInfo, type NewGroupInfo } from "./create-group-info.ts"
import type { Extension } from "./extension.ts"
import { writeGroupInfo } from "./group-info.ts"
import type { GroupState } from "./group-state.ts"
import { deriveWelcomeSecret } from "./key-schedule.ts"
import { keyPackageReference, type KeyPackage } from "./key-package.ts"
import { encryptWithLabel } from "./labelled-crypto.ts"
import { encodeMlsMessage } from "./mls-message.ts"
import type { NextEpoch } from "./next-epoch.ts"
import type { PreSharedKey } from "./pre-shared-key.ts"
import { filteredDirectPath } from "./ratchet-tree.ts"
import { covers } from "./tree-math.ts"
import { welcomeKey, writeGroupSecrets } from "./welcome.ts"

/** RFC 9420, 12.4.3.1: one MLSMessage(Welcome) for all of `added`. `state` is the epoch that they join. */
export function createWelcome(
  mls: MlsContext,
  state: GroupState,
  epoch: NextEpoch,
  added: ReadonlyMap<number, KeyPackage>,
  pathSecrets: ReadonlyMap<number, Bytes> | undefined,
  psks: readonly PreSharedKey[],
  extensions: readonly Extension[],
  options: Omit<NewGroupInfo, "extensions"> = {},
): Bytes {
  const { crypto } = mls
  const { context, confirmationTag } = epoch
  const groupInfo = signedGroupInfo(mls, state, context, confirmationTag, { ...options, extensions })
  const { key, nonce } = welcomeKey(crypto, deriveWelcomeSecret(crypto, epoch.joinerSecret, epoch.pskSecret))
  const plaintext = encode((w) => writeGroupInfo(w, groupInfo), 4096)
  const encryptedGroupInfo = crypto.aead.seal(key, nonce, new Uint8Array(0), plaintext)
  const path = filteredDirectPath(state.tree, state.ownLeafIndex)
  const secrets = Array.from(added, ([leafIndex, keyPackage]) => {
    const shared = path.find(({ branch }) => covers(branch.index, 2 * leafIndex))
    const groupSecrets = encode((w) =>
      writeGroupSecrets(w, {
        joinerSecret: epoch.joinerSecret,
        pathSecret: shared && pathSecrets?.get(shared.branch.index),
        psks: psks.map(({ id }) => id),
      }),
    )
    return {
      newMember: keyPackageReference(crypto, keyPackage),
      encryptedGroupSecrets: encryptWithLabel(mls, keyPackage.initKey, "Welcome", encryptedGroupInfo, groupSecrets),
    }
  })
  return encodeMlsMessage({
    kind: "welcome",
    welcome: { ciphersuite: crypto.suite.id, secrets, encryptedGroupInfo },
  })
}
