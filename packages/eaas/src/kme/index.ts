export { KeyIds, KeyRequest, type KmeAnswer, type LinkStatus } from "./etsi014.ts"
export { KeyManagementEntity } from "./key-management-entity.ts"
export { KeyStock } from "./key-stock.ts"
export { KeyServiceError, Sae, type KmeReply, type KmeTransport } from "./sae.ts"
