/** For those who attack the circuit in other packages. */
export { CIRCUIT, compileCircuit } from "../scripts/compile-circuit.ts"
export { calculateWitness } from "./calculate-witness.ts"
export { constraintsByWire, holds, modulo, readR1cs, type R1cs } from "./r1cs.ts"
export { solve } from "./solve-r1cs.ts"
