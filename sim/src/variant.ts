/** The code as it is, or with another choice between commits, or with one fault in it. */
export type Variant =
  | { readonly kind: "ours" }
  | { readonly kind: "baseline"; readonly name: string }
  | { readonly kind: "mutant"; readonly name: string }

export const OURS: Variant = { kind: "ours" }

/** What a process must be started with to see the variant: nothing of it stands in the code that ships. */
export function variantImport(variant: Variant): string[] {
  if (variant.kind === "ours") return []
  const hook = new URL("switch-on-variant.ts", import.meta.url)
  hook.search = new URLSearchParams({ [variant.kind]: variant.name }).toString()
  return ["--import", hook.href]
}

/** As options of the command. */
export function variantOptions(variant: Variant): string {
  return variant.kind === "ours" ? "" : ` --${variant.kind} ${variant.name}`
}
