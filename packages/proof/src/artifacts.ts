/** Written by `npm run proving-key:dev`. SHA-256 of everything that proofs are made and checked with, in hexadecimal. */
export const ARTIFACTS = {
  /** The compiled constraint system. It is not kept: compiling the circuit gives it again. */
  constraints: "feaa5948245e146281e9c80166720b7a84bcaeefacb1f8f2dbf50c1b5cd720a6",
  witnessProgram: "e3d7fca003308616dd2518f6c99c40c68781b96f7f4590fbad603c080e7208b9",
  provingKey: "353b306ba394f6473a87f2ca826d5cb64973533e0bb27eab4dda1d0609cf3abd",
  verifyingKey: "9b6a444f7557740ced57d62888f055d380a57e75c64d18b1ab85659462a4f335",
} as const

/** Names circuit and keys together: SHA-256 over the four digests in the order above. Two sides with the same id understand each other's proofs. */
export const circuitId = "371d8f6f741825e5a1de24d61e827080ced7dd823b7b822d81bb56e41ccae07a"

/** True where the maker of the proving key could prove false statements: not for use. */
export const provingKeyIsDevelopment: boolean = true

/** In `artifacts/`. */
export const PROVING_KEY_FILE = "key-request.INSECURE-DEV.zkey"
export const VERIFYING_KEY_FILE = "key-request.INSECURE-DEV.vkey.json"
