/** One number, or several by one label, that an operator watches: of the platform, never of a person or a request. */
export interface Figure {
  /** As Prometheus names it, with its unit. */
  readonly name: string
  readonly kind: "gauge" | "counter"
  /** A sentence without a full stop, for the metrics and the status page. */
  readonly help: string
  /** Where it has several values, what tells them apart. */
  readonly label?: string
  /** The value, or those by their labels; empty where there is none yet. */
  readonly read: () => Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number>
}

/** A figure of one value. */
export function figure(
  name: string,
  kind: Figure["kind"],
  help: string,
  value: () => Promise<number | null | undefined> | number | null | undefined,
): Figure {
  return {
    name,
    kind,
    help,
    async read() {
      const read = await value()
      return read === null || read === undefined ? new Map() : new Map([["", read]])
    },
  }
}

/** A figure of a value for each label. */
export function figures(
  name: string,
  kind: Figure["kind"],
  help: string,
  label: string,
  read: () => ReadonlyMap<string, number>,
): Figure {
  return { name, kind, help, label, read }
}

/** The text format of Prometheus, version 0.0.4. */
export async function prometheusText(all: readonly Figure[]): Promise<string> {
  const lines: string[] = []
  for (const { name, kind, help, label, read } of all) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
    for (const [of, value] of await read())
      lines.push(`${name}${label === undefined ? "" : `{${label}="${escaped(of)}"}`} ${value}`)
  }
  return `${lines.join("\n")}\n`
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
}
