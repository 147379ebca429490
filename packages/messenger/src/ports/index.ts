export { StoreError, type Range, type Row, type Store, type Write } from "./store.ts"
export {
  DIRECT_PROTOCOLS,
  MAX_DIRECT_BYTES,
  MAX_GOSSIP_BYTES,
  MESSENGER_PROTOCOLS,
  TransportError,
  type DirectProtocol,
  type GossipVerdict,
  type MessengerProtocol,
  type PeerLink,
  type Transport,
  type TransportEvents,
} from "./transport.ts"
