export { amount, flag, oneOf, readOptions, severalOf, text, wholeNumber } from "./read-options.ts"
