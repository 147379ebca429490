/** Wall-clock time, in milliseconds since 1970-01-01 UTC. Cores receive it as an argument and never read a clock. */
export type Milliseconds = number
