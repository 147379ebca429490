export interface Figure {
  readonly figure: string
  readonly value: number
  readonly unit: string
}

/** What one module measures, told as soon as it is known. `bench/src/eaas/figures.ts` lists all modules. */
export interface FigureModule {
  /** By which `--only` chooses it. */
  readonly name: string
  measure(): AsyncGenerator<Figure>
}
