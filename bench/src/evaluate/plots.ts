import { samplesOf, type FigureType, type Observations } from "./figures.ts"
import { picture, type Panel, type Series } from "./histogram.ts"
import { PAPER } from "./paper.ts"

/** Colours that differ for the colour-blind too (Okabe and Ito). */
const LOOKS = {
  msg: { label: "Msg", colour: "#0072b2" },
  upd: { label: "Upd", colour: "#d55e00" },
  invitation: { label: "Invitation", colour: "#009e73" },
} as const satisfies Partial<Record<FigureType, Omit<Series, "samples">>>
type Shown = keyof typeof LOOKS

export interface Plot {
  readonly file: string
  readonly title: string
  readonly svg: string
}

/** In the form of the paper's Figures 4 and 5. */
export function plotsOf(observations: Observations): readonly Plot[] {
  const series = (stage: Parameters<typeof samplesOf>[2], ...types: readonly Shown[]): readonly Series[] =>
    types.map((type) => ({ ...LOOKS[type], samples: samplesOf(observations, type, stage) }))
  const operations: readonly Panel[] = [
    {
      title: "(a) Encryption of text messages",
      series: series("encrypt", "msg"),
      claim: { at: PAPER.textEncrypt, label: "paper: less than 2 ms" },
    },
    {
      title: "(b) Decryption of text messages",
      series: series("decrypt", "msg"),
      claim: { at: PAPER.textDecrypt, label: "paper: less than 6 ms" },
    },
    { title: "(c) Encryption of Upd and Invitation", series: series("encrypt", "upd", "invitation") },
    { title: "(d) Decryption of Upd and Invitation", series: series("decrypt", "upd", "invitation") },
  ]
  const journeys: readonly Panel[] = [
    { title: "Sending: published to received", series: series("transmit", "msg", "upd", "invitation") },
    { title: "Whole wait: asked for to readable", series: series("end to end", "msg", "upd", "invitation") },
  ]
  return [
    plot("figure-4.svg", "MLS operation times by message type (CPU time, logarithmic)", operations),
    plot("figure-5.svg", "Sending times by message type (wall time, logarithmic)", journeys),
  ]
}

function plot(file: string, title: string, panels: readonly Panel[]): Plot {
  return { file, title, svg: picture(title, panels) }
}
