/** Runs in the page: jumps to the end of what moves, except for what never ends. */
export async function settle(): Promise<void> {
  for (const animation of document.getAnimations()) {
    if (animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY) animation.finish()
  }
  await document.fonts.ready
}
