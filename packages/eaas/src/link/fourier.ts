/**
 * Cyclic convolution of two real sequences whose length is a power of two, by the fast Fourier transform: both go through
 * one complex transform, as its real and its imaginary part. The result is in `first`; `second` is scratch.
 */
export function convolve(first: Float64Array, second: Float64Array): void {
  const n = first.length
  const roots = rootsOfUnity(n)
  scatter(first, second, roots, 0, n)
  multiply(first, second)
  // The inverse is the same with real and imaginary part exchanged, and a division by n.
  gather(second, first, roots, 0, n)
  for (let i = 0; i < n; i++) first[i] = (first[i] ?? 0) / n
}

/** For each size of a butterfly, one after the other, so that they are read in order: `half` numbers from `half` on. */
interface Roots {
  readonly cosines: Float64Array
  readonly sines: Float64Array
}

function rootsOfUnity(n: number): Roots {
  if (n < 2 || (n & (n - 1)) !== 0) throw new RangeError(`${n} is no power of two`)
  const cosines = new Float64Array(n)
  const sines = new Float64Array(n)
  for (let half = 1; half < n; half *= 2) {
    for (let i = 0; i < half; i++) {
      cosines[half + i] = Math.cos((Math.PI * i) / half)
      sines[half + i] = -Math.sin((Math.PI * i) / half)
    }
  }
  return { cosines, sines }
}

/** From here on a transform fits into a core's cache, and goes through all its sizes at once. */
const CACHED = 2 ** 13

/** Decimation in frequency: natural order in, bits of the index reversed out. */
function scatter(re: Float64Array, im: Float64Array, roots: Roots, from: number, size: number): void {
  if (size <= CACHED) {
    for (let span = size; span >= 2; span /= 2)
      for (let at = from; at < from + size; at += span) scatterOnce(re, im, roots, at, span / 2)
    return
  }
  scatterOnce(re, im, roots, from, size / 2)
  scatter(re, im, roots, from, size / 2)
  scatter(re, im, roots, from + size / 2, size / 2)
}

function scatterOnce(re: Float64Array, im: Float64Array, roots: Roots, from: number, half: number): void {
  const { cosines, sines } = roots
  for (let i = 0; i < half; i++) {
    const a = from + i
    const b = a + half
    const c = cosines[half + i] ?? 0
    const s = sines[half + i] ?? 0
    const ar = re[a] ?? 0
    const ai = im[a] ?? 0
    const br = re[b] ?? 0
    const bi = im[b] ?? 0
    const dr = ar - br
    const di = ai - bi
    re[a] = ar + br
    im[a] = ai + bi
    re[b] = dr * c - di * s
    im[b] = dr * s + di * c
  }
}

/** Decimation in time: bits of the index reversed in, natural order out. */
function gather(re: Float64Array, im: Float64Array, roots: Roots, from: number, size: number): void {
  if (size <= CACHED) {
    for (let span = 2; span <= size; span *= 2)
      for (let at = from; at < from + size; at += span) gatherOnce(re, im, roots, at, span / 2)
    return
  }
  gather(re, im, roots, from, size / 2)
  gather(re, im, roots, from + size / 2, size / 2)
  gatherOnce(re, im, roots, from, size / 2)
}

function gatherOnce(re: Float64Array, im: Float64Array, roots: Roots, from: number, half: number): void {
  const { cosines, sines } = roots
  for (let i = 0; i < half; i++) {
    const a = from + i
    const b = a + half
    const c = cosines[half + i] ?? 0
    const s = sines[half + i] ?? 0
    const ar = re[a] ?? 0
    const ai = im[a] ?? 0
    const br = re[b] ?? 0
    const bi = im[b] ?? 0
    const tr = br * c - bi * s
    const ti = br * s + bi * c
    re[a] = ar + tr
    im[a] = ai + ti
    re[b] = ar - tr
    im[b] = ai - ti
  }
}

/**
 * Z is the transform of a + ib, so that A·B = (Z[k]² − conj(Z[−k])²) / 4i. Where the bits of the index are reversed, −k is
 * found by turning all bits over that are below the highest one set.
 */
function multiply(re: Float64Array, im: Float64Array): void {
  for (let k = 0; k < re.length; k++) {
    const m = k < 2 ? k : k ^ (2 ** (31 - Math.clz32(k)) - 1)
    if (m < k) continue
    const kr = re[k] ?? 0
    const ki = im[k] ?? 0
    const mr = re[m] ?? 0
    const mi = im[m] ?? 0
    const real = (kr * ki + mr * mi) / 2
    const imaginary = (mr * mr - mi * mi - kr * kr + ki * ki) / 4
    re[k] = real
    im[k] = imaginary
    re[m] = real
    im[m] = -imaginary
  }
}
