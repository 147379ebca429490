export { ChannelReceiver, type Opened } from "./receiver.ts"
export { ChannelSender, type ShortagePolicy } from "./sender.ts"
export { MAX_SEALED_ANSWER_BYTES, type Protection } from "./sealed-answer.ts"
