import type { Step, Times } from './steps.ts'

/** How steps can be sorted. */
export type Order = 'newest' | 'slowest' | 'costliest'

/** The steps in an order; equal ones newest first. */
export function ordered(steps: readonly Step[], order: Order): readonly Step[] {
  const newest = steps.toReversed()
  if (order === 'newest') return newest
  if (order === 'costliest') return newest.sort((a, b) => (b.cost ?? 0) - (a.cost ?? 0))
  return newest.sort((a, b) => worked(b.times) - worked(a.times))
}

/** Milliseconds of model and tools; people may take as long as they like. */
function worked({ model, tool }: Times): number {
  return model + tool
}

/** The milliseconds that a whole bar stands for: those of the longest work. */
export function scaleOf(steps: readonly Step[]): number {
  return steps.reduce((most, { times }) => Math.max(most, worked(times)), 1)
}

/** A wait takes no more of a bar than this, however long it was. */
const MOST_WAITING = 25
/** What took any time can be seen. */
const LEAST = 0.8

/** The parts of a bar in per cent of its width, which are 100 together at most. */
export function partsOf({ model, tool, waiting }: Times, scale: number): Times {
  const share = (ms: number, most: number): number =>
    ms <= 0 ? 0 : Math.min(most, Math.max(LEAST, (ms / scale) * (100 - MOST_WAITING)))
  return { model: share(model, 75), tool: share(tool, 75), waiting: share(waiting, MOST_WAITING) }
}
