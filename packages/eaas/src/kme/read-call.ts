import { KeyIds, KeyRequest, MESSAGES, ORIGIN_EXTENSION, type KmeAnswer } from "./etsi014.ts"
import type { KeyOrigin } from "./key-stock.ts"

/** In bits. */
export const KEY_SIZE = 256
export const MIN_KEY_SIZE = 64
export const MAX_KEY_SIZE = 32_768
export const MAX_KEYS_PER_REQUEST = 128

/** A call, as far as the transport has understood it; `sae` is who the certificate says. */
export interface KmeCall {
  readonly sae: string | undefined
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Parsed JSON; `undefined` where there was none. */
  readonly body: unknown
}

/** A call that can be understood, or the answer to one that can't. */
export type Read<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly answer: KmeAnswer }

/** What `enc_keys` is asked for, with the standard's defaults. */
export interface Wanted {
  readonly number: number
  /** In bytes. */
  readonly length: number
  /** Keys of this origin and no others; or rather than others. */
  readonly mandatory: KeyOrigin | undefined
  readonly preferred: KeyOrigin | undefined
}

export function readKeyRequest(call: KmeCall): Read<Wanted> {
  if (call.method !== "GET" && call.method !== "POST") return { kind: "refused", answer: { status: 405 } }
  const request = KeyRequest.safeParse(call.method === "GET" ? fromQuery(call.query) : (call.body ?? {}))
  if (!request.success) return { kind: "refused", answer: refused("the key request is malformed") }
  const fault = faultOf(request.data)
  if (fault !== undefined) return { kind: "refused", answer: fault }
  const { number = 1, size = KEY_SIZE } = request.data
  return { kind: "ok", value: { number, length: size / 8, ...originsOf(request.data) } }
}

/** `GET` names one key, `POST` one or more. */
export function readKeyIds(call: KmeCall): Read<readonly string[]> {
  if (call.method !== "GET" && call.method !== "POST") return { kind: "refused", answer: { status: 405 } }
  const named = call.method === "GET" ? { key_IDs: [{ key_ID: call.query.get("key_ID") }] } : call.body
  const parsed = KeyIds.safeParse(named)
  if (!parsed.success) return { kind: "refused", answer: refused("the key request is malformed") }
  return { kind: "ok", value: parsed.data.key_IDs.map(({ key_ID }) => key_ID) }
}

export function refused(message: string): KmeAnswer {
  return { status: 400, body: { message } }
}

function faultOf(request: KeyRequest): KmeAnswer | undefined {
  const { number = 1, size = KEY_SIZE, additional_slave_SAE_IDs: additional = [] } = request
  const unknown = (extensions: readonly Readonly<Record<string, unknown>>[] = []): readonly string[] =>
    extensions.flatMap((extension) =>
      Object.entries(extension)
        .filter(([name, value]) => !isKnown(name, value))
        .map(([name]) => name),
    )
  const mandatory = unknown(request.extension_mandatory)
  if (mandatory.length > 0) {
    const details = mandatory.map((name) => ({ extension_mandatory_unsupported: `${name} is not supported` }))
    return { status: 400, body: { message: MESSAGES.mandatoryUnsupported, details } }
  }
  if (unknown(request.extension_optional).length > 0) return refused(MESSAGES.optionalUnhandled)
  if (size % 8 !== 0) return refused(MESSAGES.size)
  if (size < MIN_KEY_SIZE || size > MAX_KEY_SIZE)
    return refused(`size shall be from ${MIN_KEY_SIZE} to ${MAX_KEY_SIZE}`)
  if (number > MAX_KEYS_PER_REQUEST) return refused(`number shall be at most ${MAX_KEYS_PER_REQUEST}`)
  if (additional.length > 0)
    return refused("additional_slave_SAE_IDs shall not be more than max_SAE_ID_count, which is 0")
  return undefined
}

function isKnown(name: string, value: unknown): boolean {
  return name === ORIGIN_EXTENSION && value === "distilled"
}

function originsOf(request: KeyRequest): {
  readonly mandatory: KeyOrigin | undefined
  readonly preferred: KeyOrigin | undefined
} {
  const asks = (extensions: readonly object[] = []): KeyOrigin | undefined =>
    extensions.length > 0 ? "distilled" : undefined
  return { mandatory: asks(request.extension_mandatory), preferred: asks(request.extension_optional) }
}

/** `GET` has two of the parameters, as decimal numbers. */
function fromQuery(query: URLSearchParams): unknown {
  const number = (name: string): unknown => {
    const text = query.get(name)
    if (text === null) return undefined
    return /^[0-9]{1,9}$/.test(text) ? Number(text) : text
  }
  return { number: number("number"), size: number("size") }
}
