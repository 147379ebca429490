export { AuthenticatedLine, LinkTampered } from "./authenticated-line.ts"
export { AuthenticationKey, ROUND_KEY_BYTES } from "./authentication-key.ts"
export { Cascade, parities } from "./cascade.ts"
export { passesFor } from "./cascade-passes.ts"
export { linePair, type ClassicalLine } from "./classical-line.ts"
export { SECURITY, secretLength, type BlockStatistics } from "./finite-key.ts"
export { asymptoticRate, binaryEntropy, repeaterlessBound } from "./key-rate.ts"
export { alarmSentence, expectedErrorRate, judgeClicks, judgeErrors, type LinkAlarm } from "./link-alarm.ts"
export type { LinkRound } from "./link-end.ts"
export {
  decodeAgreed,
  decodeAmplification,
  decodeDetections,
  decodeEstimate,
  decodeParities,
  decodeQuestions,
  decodeReconciled,
  decodeSifting,
  encodeDetections,
} from "./link-messages.ts"
export { clickChance, errorRate, gain, METROPOLITAN, type LinkModel, type Triple } from "./link-model.ts"
export { toeplitzHash, toeplitzSeedBits } from "./privacy-amplification.ts"
export { BLOCK_PULSES, bootstrapKeys, SimulatedLink, type LinkRounds, type SharedKeys } from "./simulated-link.ts"
export { transmit } from "./transmit.ts"
export { UniformStream } from "./uniform-stream.ts"
