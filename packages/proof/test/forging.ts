/** For those who attack proofs in other packages. */
export { honest } from "./member.ts"
export { coordinatesOf, fromCoordinates, outsideG2, pointsOf, proofOf } from "./proof-points.ts"
