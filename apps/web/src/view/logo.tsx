/** The mark: a small flock on the wing, one bird of it teal. */
export function Logo({ size = 32 }: { readonly size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 48 48" aria-hidden="true">
      <path className="logo-bird" d={bird(15, 26, 1)} />
      <path className="logo-bird" d={bird(30, 15, 0.66)} />
      <path className="logo-quantum" d={bird(36.5, 28, 0.5)} />
      <path className="logo-bird" d={bird(42, 9, 0.38)} />
      <path className="logo-bird" d={bird(25, 38, 0.42)} />
    </svg>
  )
}

/** Two swept wings and a short body about (x, y), `scale` 1 being 24 wide. */
function bird(x: number, y: number, scale: number): string {
  const at = (dx: number, dy: number) => `${(x + dx * scale).toFixed(2)} ${(y + dy * scale).toFixed(2)}`
  return [
    `M${at(-13, -5)}`,
    `C${at(-8, -8)} ${at(-3, -6)} ${at(0, -1)}`,
    `C${at(3, -7)} ${at(8, -10)} ${at(13, -9)}`,
    `C${at(8, -6)} ${at(5, -1)} ${at(2, 6)}`,
    `C${at(1, 8)} ${at(-1, 8)} ${at(-2, 5)}`,
    `C${at(-4, 0)} ${at(-8, -4)} ${at(-13, -5)}Z`,
  ].join("")
}
