/** The part of snarkjs 0.7.6 that is used here. Files are given by path or as bytes. */
declare module "snarkjs" {
  export type File = string | Uint8Array | { readonly type: "mem"; data?: Uint8Array }
  export type Decimal = string

  export interface Groth16Proof {
    readonly pi_a: readonly Decimal[]
    readonly pi_b: readonly (readonly Decimal[])[]
    readonly pi_c: readonly Decimal[]
    readonly protocol: "groth16"
    readonly curve: "bn128"
  }

  export interface VerifyingKeyJson {
    readonly protocol: "groth16"
    readonly curve: "bn128"
    readonly nPublic: number
    readonly vk_alpha_1: readonly Decimal[]
    readonly vk_beta_2: readonly (readonly Decimal[])[]
    readonly vk_gamma_2: readonly (readonly Decimal[])[]
    readonly vk_delta_2: readonly (readonly Decimal[])[]
    readonly IC: readonly (readonly Decimal[])[]
  }

  export type CircuitInputs = Readonly<Record<string, bigint | readonly bigint[]>>

  export interface CurveOptions {
    /** Compute on the calling thread instead of starting one per core. */
    readonly singleThread?: boolean
  }

  export interface WitnessOptions {
    /** Pages of a memory that programs of circom 2 do not use; 32767 by default. */
    readonly memorySize?: number
  }

  /** Where the library tells what it finds, a text each. */
  export interface Logger {
    info(text: string): void
    error(text: string): void
    warn(text: string): void
    debug(text: string): void
  }

  export interface Curve {
    terminate(): Promise<void>
  }

  export const curves: { getCurveFromName(name: "bn128", options?: CurveOptions): Promise<Curve> }

  export const groth16: {
    prove(
      zkey: File,
      witness: File,
      logger?: undefined,
      options?: CurveOptions,
    ): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly Decimal[] }>
    /** Throws, rather than answers, on some malformed input. */
    verify(key: VerifyingKeyJson, publicSignals: readonly Decimal[], proof: Groth16Proof): Promise<boolean>
  }

  export const wtns: {
    calculate(inputs: CircuitInputs, wasm: File, witness: File, options?: WitnessOptions): Promise<void>
    exportJson(witness: File): Promise<bigint[]>
    check(r1cs: File, witness: File): Promise<boolean>
  }

  export const powersOfTau: {
    newAccumulator(curve: Curve, power: number, ptau: string): Promise<Uint8Array>
    contribute(ptau: string, next: string, name: string, entropy: string): Promise<Uint8Array>
    beacon(ptau: string, next: string, name: string, beaconHex: string, iterations: number): Promise<Uint8Array | false>
    preparePhase2(ptau: string, prepared: string): Promise<void>
    verify(ptau: string, logger?: Logger): Promise<boolean>
  }

  export const zKey: {
    newZKey(r1cs: string, ptau: string, zkey: string): Promise<Uint8Array | -1>
    contribute(zkey: string, next: string, name: string, entropy: string): Promise<Uint8Array>
    beacon(zkey: string, next: string, name: string, beaconHex: string, iterations: number): Promise<Uint8Array | false>
    verifyFromR1cs(r1cs: string, ptau: string, zkey: string, logger?: Logger): Promise<boolean>
    exportVerificationKey(zkey: string): Promise<VerifyingKeyJson>
  }
}
