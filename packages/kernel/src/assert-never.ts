/** Closes an exhaustive `switch`; reaching it at run time is a defect of ours. */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case: ${JSON.stringify(value)}`)
}
