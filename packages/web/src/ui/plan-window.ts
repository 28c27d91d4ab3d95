import type { PlanItem } from '@openhands/protocol'

/** Where the part of a plan that is shown begins, if no more than `most` of its steps are: what is being done is in it. */
export function windowOf(items: readonly PlanItem[], most: number): number {
  const isNext = ({ state }: PlanItem): boolean => state !== 'done'
  const doing = items.findIndex(({ state }) => state === 'doing')
  const next = doing < 0 ? items.findIndex(isNext) : doing
  const at = next < 0 ? items.length : next
  return Math.max(0, Math.min(at - 2, items.length - most))
}
