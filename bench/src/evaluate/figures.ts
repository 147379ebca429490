import { distributionOf, type Distribution } from "../distribution.ts"
import type { DeliveryBook } from "./delivery-book.ts"
import type { FormedGroup } from "./form-groups.ts"
import type { Arrival, OperationSample, Publication, Recording } from "./recorder.ts"
import { SIZES } from "./talk.ts"

export type FigureType = "msg" | "upd" | "invitation" | "admission"
export type Stage = "encrypt" | "transmit" | "decrypt" | "reception" | "end to end"

/** One distribution, in milliseconds of wall time on the machine's monotonic clock. */
export interface Figure extends Distribution {
  readonly type: FigureType
  readonly stage: Stage
  /** Of operations: CPU time of the peer's thread. */
  readonly cpu?: Distribution
  /** Cipher suite, where the figure is of one. */
  readonly suite?: number
  /** Bytes of the text, where the figure is of one size. */
  readonly size?: number
}

/** What a run has to tell, before anything is worked out of it. */
export interface Observations {
  readonly recordings: readonly Recording[]
  /** On which machine each was made. */
  readonly machines: readonly number[]
  readonly groups: readonly FormedGroup[]
  readonly book: DeliveryBook
  /** Of the talk, on the monotonic clock. */
  readonly began: number
  readonly ended: number
}

const TYPES = ["msg", "upd", "invitation", "admission"] as const

export function figuresOf(observations: Observations): readonly Figure[] {
  return TYPES.flatMap((type) => [
    ...operationFigures(observations, type),
    ...journeyFigures(observations, type),
    ...endToEnd(observations, type),
  ]).filter(({ n }) => n > 0)
}

/** Samples of one stage of one type, in milliseconds: of CPU time for operations, else of wall time. */
export function samplesOf(observations: Observations, type: FigureType, stage: Stage): readonly number[] {
  switch (stage) {
    case "encrypt":
    case "decrypt":
      return operations(observations, type, stage).map(({ cpuMs }) => cpuMs)
    case "transmit":
      return journeys(observations, type).map(({ publication, arrival }) => arrival.at - publication.at)
    case "reception":
      return journeys(observations, type).map(({ arrival }) => arrival.durable - arrival.at)
    case "end to end":
      return endToEndSamples(observations, type)
  }
}

function operationFigures(observations: Observations, type: FigureType): readonly Figure[] {
  return (["encrypt", "decrypt"] as const).flatMap((stage) => {
    const samples = operations(observations, type, stage)
    const suites = [...new Set(samples.map(({ suite }) => suite))].toSorted((a, b) => a - b)
    const ofSuite = suites.map((suite) =>
      operationFigure(
        samples.filter((sample) => sample.suite === suite),
        { type, stage, suite },
      ),
    )
    return [operationFigure(samples, { type, stage }), ...ofSuite]
  })
}

function operationFigure(samples: readonly OperationSample[], about: Pick<Figure, "type" | "stage" | "suite">): Figure {
  const cpu = distributionOf(samples.map(({ cpuMs }) => cpuMs))
  return { ...about, cpu, ...distributionOf(samples.map(({ wallMs }) => wallMs)) }
}

function journeyFigures(observations: Observations, type: FigureType): readonly Figure[] {
  return (["transmit", "reception"] as const).map((stage) => ({
    type,
    stage,
    ...distributionOf(samplesOf(observations, type, stage)),
  }))
}

function endToEnd(observations: Observations, type: FigureType): readonly Figure[] {
  const about = { type, stage: "end to end" } as const
  const whole = { ...about, ...distributionOf(endToEndSamples(observations, type)) }
  if (type !== "msg") return [whole]
  const delays = observations.book.delays()
  const bySize = SIZES.map(([size]) => ({
    ...about,
    size,
    ...distributionOf(delays.filter((each) => each.size === size).map(({ delay }) => delay)),
  }))
  return [whole, ...bySize]
}

/** Between instances of the leading machine. Msg and Invitation: from the call to the other's window. Upd: from the call's arrival in the peer until it is durable in the other. */
function endToEndSamples(observations: Observations, type: FigureType): readonly number[] {
  if (type === "msg") return observations.book.delays().map(({ delay }) => delay)
  if (type === "invitation") return observations.groups.flatMap(({ invitations }) => invitations)
  return journeys(observations, type).map(({ publication, arrival }) => arrival.durable - publication.takenUp)
}

/** Msg and Upd of the time of talk; of the others all. */
function operations(
  { recordings, began, ended }: Observations,
  type: FigureType,
  stage: "encrypt" | "decrypt",
): readonly OperationSample[] {
  const inTalk = type === "msg" || type === "upd"
  return recordings.flatMap((recording) =>
    recording.operations.filter(
      ({ kind, of, at }) => kind === stage && of === type && (!inTalk || (at >= began && at <= ended)),
    ),
  )
}

interface Journey {
  readonly publication: Publication
  readonly arrival: Arrival
}

/** What was published by one peer and decrypted by another of the same machine as it came. */
function journeys(observations: Observations, type: FigureType): readonly Journey[] {
  const { recordings, machines, began, ended } = observations
  const published = new Map<string, Publication>()
  // The same bytes may be published by a member more: the first of them counts, and each machine has a clock of its own.
  for (const [i, { publications }] of recordings.entries())
    for (const publication of publications) {
      const name = `${machines[i]} ${publication.key}`
      if (isOf(type, publication) && !published.has(name)) published.set(name, publication)
    }
  return recordings.flatMap(({ arrivals }, i) =>
    arrivals.flatMap((arrival) => {
      const publication = published.get(`${machines[i]} ${arrival.key}`)
      const inTalk = arrival.at >= began && arrival.at <= ended
      if (publication === undefined || arrival.decrypted === undefined) return []
      return (type === "msg" || type === "upd") && !inTalk ? [] : [{ publication, arrival }]
    }),
  )
}

/** An admission is the commit that goes with an Invitation, to those who were there before. */
function isOf(type: FigureType, publication: Publication): boolean {
  if (type === "msg" || type === "invitation") return publication.type === type
  return publication.type === "upd" && publication.encrypted === (type === "upd" ? "upd" : "invitation")
}
