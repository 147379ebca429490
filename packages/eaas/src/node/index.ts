export { readCredentials, writeCredentials, type Credentials } from "./credentials.ts"
export { HttpsCertifiedDoor } from "./https-certified-door.ts"
