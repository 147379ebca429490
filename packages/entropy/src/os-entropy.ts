import type { Bytes } from "@starling/kernel"

/** `length` bytes of the operating system's generator. One adapter implements it; nothing else reaches the platform's. */
export type OsEntropy = (length: number) => Bytes
