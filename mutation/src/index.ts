export { withEdit, type Edit } from "./edit.ts"
export { loadWith } from "./load-with.ts"
