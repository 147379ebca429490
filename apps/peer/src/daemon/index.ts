export { startDaemon } from "./compose.ts"
export type { Daemon, DaemonOptions } from "./daemon.ts"
export { EmbeddedEaas } from "./embedded-eaas.ts"
export type { ObservedInput, Observer } from "./observer.ts"
