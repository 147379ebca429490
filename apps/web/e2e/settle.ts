/** Runs in the page: jumps to the end of what moves, and of what that sets in motion, except for what never ends. */
export async function settle(): Promise<void> {
  await document.fonts.ready
  for (let still = 0; still < 3; still++) {
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY) continue
      if (animation.playState === "running") still = 0
      animation.finish()
    }
    await new Promise((done) => requestAnimationFrame(done))
  }
}
