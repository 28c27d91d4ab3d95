import type { PlanItem } from './action.ts'

/** How far a plan is. */
export interface PlanProgress {
  readonly done: number
  readonly total: number
  /** What is being done, on one line; undefined where no step says that it is. */
  readonly now: string | undefined
}

/** Counts the steps of a plan; of several that are being done the first counts as the one that is. */
export function progressOf(items: readonly PlanItem[]): PlanProgress {
  const done = items.filter(({ state }) => state === 'done').length
  const now = items.find(({ state }) => state === 'doing')
  return { done, total: items.length, now: now && oneLine(now.text) }
}

const marks = { open: '[ ]', doing: '[~]', done: '[x]' } as const satisfies Record<PlanItem['state'], string>

/** A plan as text. The first line says how far it is, for where there is room for no more. */
export function planAsText(items: readonly PlanItem[]): string {
  if (items.length === 0) return 'The plan was dropped.'
  const { done, total, now } = progressOf(items)
  const head = `Plan: ${done} of ${total} done${now === undefined ? '' : `, now: ${now}`}`
  return [head, ...items.map(({ text, state }) => `${marks[state]} ${oneLine(text)}`)].join('\n')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
