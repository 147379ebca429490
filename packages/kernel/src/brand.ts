declare const brand: unique symbol

/** A `T` that passed the check which its companion object makes; plain `T` is not assignable to it. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
