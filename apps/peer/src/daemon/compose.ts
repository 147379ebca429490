import { PhoneTap } from "@starling/eaas"
import { assertNever, type Milliseconds } from "@starling/kernel"
import {
  authenticateDevice,
  groups,
  mailboxLink,
  ownIdentity,
  suitesOf,
  transportSeed,
  type Env,
  type Notification,
  type PeerState,
} from "@starling/messenger"
import type { CiphersuiteId, MlsContext } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import { RootWitness } from "@starling/eaas"
import { openNode } from "@starling/p2p"
import type { Backend } from "../api/backend.ts"
import type { Trouble } from "../api/contract.ts"
import { EventHub } from "../api/event-hub.ts"
import { Fault } from "../api/fault.ts"
import { refusalFault, worldFault } from "../api/fault-of.ts"
import { addRoutes } from "../api/routes/all.ts"
import { ApiServer } from "../api/server.ts"
import { Sessions } from "../api/session.ts"
import { messageOf } from "../api/views.ts"
import { StoredAddressBook } from "./address-book.ts"
import { coalesce } from "./coalesce.ts"
import type { Daemon, DaemonOptions } from "./daemon.ts"
import { removeApiFile, writeApiFile } from "./data-folder.ts"
import { conflictSentence, entropyDesk } from "./entropy-desk.ts"
import { EpochEntropy } from "./epoch-entropy.ts"
import { checkFirstStart } from "./first-start.ts"
import { openFoundation } from "./foundation.ts"
import { MemoryAtRest } from "./memory-at-rest.ts"
import { openIdentity } from "./identity.ts"
import { connectEaas, journalIn } from "./connect-eaas.ts"
import { openOnFormerPort } from "./listen-port.ts"
import { Refill, REFILL_PATIENCE } from "./refill.ts"
import { RootGossip } from "./root-gossip.ts"
import { Runner } from "./runner.ts"
import { openPhoneDoor } from "./open-phone-door.ts"
import { buildUi } from "./ui-build.ts"

/** RFC 9420, 17.1: X25519, AES-128-GCM, SHA-256, Ed25519. */
const CLASSICAL_SUITE = 1
/** New groups: the same with ML-KEM-768 beside X25519, so that who records today reads nothing with a quantum computer later. */
const HYBRID_SUITE = 0x4d

/** More than the keys of a new identity take of the pool. */
const IDENTITY_BYTES = 1024
const IDENTITY_PATIENCE: Milliseconds = 60_000

/** Draws are many; screens hear of them at most so often. */
const ENTROPY_NEWS: Milliseconds = 1_000

/** Wires store, pool, engine, network, EaaS and API into a running peer; `signal` gives up on it. Throws what `openFoundation` throws, `TransportError`, `Fault`, `KeyServiceError`. */
export async function startDaemon(options: DaemonOptions, signal: AbortSignal): Promise<Daemon> {
  await using opening = new AsyncDisposableStack()
  const now = (): Milliseconds => Date.now()
  const report = reporter(options.log)
  const { trial } = options
  await checkFirstStart(options)
  const outermost = opening.use(new DisposableStack())
  const foundation = openFoundation({ ...options, now }, opening.use(new DisposableStack()))
  const { store, pool, ledger, draws, deliveries, localRandom } = foundation

  const events = new EventHub()
  let trouble: Trouble | undefined
  const entropyChanged = coalesce(() => events.emit({ type: "entropy" }), ENTROPY_NEWS)
  const phone = options.tap.kind === "phone" ? new PhoneTap() : undefined
  const resourcesOfEaas = opening.use(new AsyncDisposableStack())
  const witness = new RootWitness(journalIn(store, ledger, "roots"), (conflict) => {
    raise({ code: "two-roots", message: conflictSentence(conflict) })
    entropyChanged()
  })
  const refill = opening.use(
    new Refill({
      pool,
      fillTo: options.fillTo,
      connect: connectEaas(
        options,
        { store, ledger, witness, localRandom, now, phone, prover: trial?.prover },
        resourcesOfEaas,
      ),
      // A person comes by a reader when they do.
      patience: phone === undefined ? REFILL_PATIENCE : undefined,
      ahead: trial === undefined,
      has: (delivery) => deliveries.get(delivery) !== undefined || pool.deliveries().some(({ id }) => id === delivery),
      delivered: (delivery) => deliveries.add([delivery]),
      changed: () => events.emit({ type: "entropy" }),
      now,
      report,
    }),
  )

  const phoneDoor = await openPhoneDoor(options.tap, phone, foundation, opening)

  const mlsIn = (suite: CiphersuiteId): MlsContext => {
    const crypto = nodeCrypto(suite)
    return { crypto, random: pool, authenticate: authenticateDevice(crypto) }
  }
  const mls = mlsIn(CLASSICAL_SUITE)
  const hybrid = mlsIn(HYBRID_SUITE)
  const suites = trial?.suite === CLASSICAL_SUITE ? suitesOf(mls, hybrid) : suitesOf(hybrid, mls)
  const env = (): Env => ({ now: now(), mls, suites, rows: store })
  const commit = ledger.commit.bind(ledger)
  const state = await openIdentity({
    store,
    commit,
    env,
    plainTopics: options.plainTopics,
    mailbox: options.mailbox,
    async beforeCreation() {
      // Policies that refuse the OS alone make no identity without quantum entropy; `mixed` never waits for it.
      if (options.policy !== "mixed" && pool.bytes < IDENTITY_BYTES) {
        if (options.eaas.kind !== "off") {
          options.log(
            `policy ${options.policy} makes no key without quantum entropy: waiting up to ${IDENTITY_PATIENCE / 1000} s for the first`,
          )
        }
        await refill.insist(IDENTITY_PATIENCE, signal)
      }
    },
    name: options.name,
  })

  if (options.mailbox) requireNobodys(state)

  using seed = transportSeed(state)
  const addressBook = new StoredAddressBook(store, report)
  const transport = opening.use(
    await openOnFormerPort(
      store,
      options.listen,
      async (listen) =>
        await openNode({
          seed,
          listen,
          mdns: options.mdns,
          addressBook,
          clock: now,
          ...(trial !== undefined && { limits: { connections: trial.connections } }),
        }),
    ),
  )
  const rootGossip = opening.use(
    new RootGossip({
      witness,
      transport,
      look: async (signal) => (await refill.service?.look(signal)) ?? options.eaas.kind === "off",
      report,
    }),
  )
  const epochEntropy = new EpochEntropy(store)
  const runner = opening.use(
    new Runner({
      state,
      mls,
      suites,
      reader: store,
      transport,
      now,
      commit(step, before) {
        if (step.deferrable) ledger.defer(step.writes)
        else ledger.commitWith((drawn) => [...step.writes, ...epochEntropy.writesFor(before, step, drawn)])
        entropyChanged()
      },
      notify: (event) => announce(event),
      linksChanged: () => {
        events.emit({ type: "status" })
        rootGossip.linksChanged()
      },
      answerRoots: (payload) => rootGossip.answer(payload),
      report,
      observer: trial?.observer,
    }),
  )
  const sessions = new Sessions({ random: localRandom, now })
  const stop = Promise.withResolvers<void>()
  const backend: Backend = {
    reader: store,
    sessions,
    events,
    epochEntropy,
    entropy: entropyDesk({
      pool,
      refill,
      embedded: options.eaas.kind === "embedded",
      draws,
      deliveries,
      conflicts: () => witness.conflicts(),
      flush: () => ledger.flush(),
    }),
    state: () => runner.state,
    env,
    act(verb) {
      const outcome = runner.act(verb)
      if (outcome.kind === "refused") throw refusalFault(outcome)
      return outcome.result
    },
    status: () => ({
      ...ownIdentity(runner.state),
      peers: transport.links().map(({ peerId, address }) => ({ peerId, address })),
      groups: groups(runner.state).map(({ group }) => group),
      pool: { bytes: pool.bytes, capacity: pool.capacity },
      listen: transport.addresses(),
      rootKeyProtected: false,
      ...(trouble === undefined ? {} : { trouble }),
    }),
    addresses: () => transport.addresses(),
    uiLink: () => uiLink(),
    pairPhone: () => phoneDoor?.pair(),
    shutdown: () => setTimeout(stop.resolve, 50),
  }
  const api = opening.use(
    await ApiServer.start({
      port: options.port,
      sessions,
      events,
      routes: (app) => addRoutes(app, backend),
      faultOf(error) {
        const fault = worldFault(error)
        if (fault !== undefined) return fault
        report(error)
        return new Fault(500, "internal", "something is wrong in Starling itself: its log has the details", {
          cause: error,
        })
      },
      ...(options.headless ? {} : { assets: buildUi(report) }),
    }),
  )
  outermost.defer(() => removeApiFile(options.dataFolder, sessions.key))
  writeApiFile(options.dataFolder, { url: api.url, key: sessions.key })
  await runner.start()
  refill.start()
  rootGossip.start()
  opening.use(new MemoryAtRest())

  function uiLink(): string | undefined {
    return options.headless ? undefined : `${api.url}/#t=${sessions.issueToken()}`
  }

  function raise(told: Omit<Trouble, "at">): void {
    trouble = { ...told, at: now() }
    options.log(told.message)
    events.emit({ type: "trouble", ...told })
  }

  function announce(event: Notification): void {
    switch (event.kind) {
      case "message":
        events.emit({ type: "message", message: messageOf(runner.state, store, event.message) })
        return
      case "delivery":
        events.emit({ type: "delivery", group: event.group, id: event.id, delivery: event.delivery })
        return
      case "group":
        events.emit({ type: "group", group: event.group })
        return
      case "trouble":
        raise({ code: event.code, message: event.text })
        return
      case "groups":
      case "invitations":
      case "contacts":
      case "nearby":
        events.emit({ type: event.kind })
        return
      default:
        assertNever(event)
    }
  }

  const resources = opening.move()
  return {
    ...ownIdentity(state),
    api: api.url,
    listen: transport.addresses(),
    uiLink,
    mailboxLink: () => (options.mailbox ? mailboxLink(runner.state, transport.addresses(), env()) : undefined),
    stopRequested: stop.promise,
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  }
}

/** What a mailbox is handed must not lie beside anybody's keys. Throws `Fault`. */
function requireNobodys(state: PeerState): void {
  if (groups(state).length === 0 && ownIdentity(state).name === "") return
  throw new Fault(409, "not-a-mailbox", "this data folder is a person's: give the mailbox one of its own with --data")
}

/** What the world did goes into the log in one line, a defect of ours with its stack. The same twice in a row is said once. */
function reporter(log: (text: string) => void): (error: unknown) => void {
  let last = ""
  return (error) => {
    const fault = worldFault(error)
    const text = fault?.message ?? (error instanceof Error ? (error.stack ?? error.message) : String(error))
    if (text !== last) log(text)
    last = text
  }
}
