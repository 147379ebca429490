import type { Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import { frameContent, signContent } from "./frame-content.ts"
import { WireFormat } from "./framing.ts"
import type { GroupState } from "./group-state.ts"

export interface ProtectOptions {
  /** Signed and sent in the clear. */
  readonly authenticatedData?: Uint8Array
  /** The plaintext grows to a multiple of this many bytes; 256 unless given, 1 for no padding. */
  readonly padTo?: number
}

/**
 * RFC 9420, 15: encrypts application data as a PrivateMessage. Keep `next` before the message leaves: a state used twice
 * would encrypt two messages with one key. Where proposals are pending commit them first (12.4): a removal that was
 * proposed has to take effect before anything else is said.
 */
export function protect(
  mls: MlsContext,
  state: GroupState,
  data: Uint8Array,
  options: ProtectOptions = {},
): { readonly next: GroupState; readonly message: Bytes } {
  if (state.reinit !== undefined) throw new RangeError("a group sends nothing after a ReInit (RFC 9420, 12.4.2)")
  const content = { kind: "application", data: new Uint8Array(data) } as const
  const signed = signContent(mls, state, WireFormat.privateMessage, content, options.authenticatedData)
  const { message, secretTree } = frameContent(mls, state, signed, { padTo: options.padTo })
  return { next: { ...state, secretTree }, message }
}
