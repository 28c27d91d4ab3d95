import type { Row } from '../../store/rows.ts'

/** What a place of the map says about the rows that it stands for; the weightiest of them counts. */
export type Mark = 'waiting' | 'trouble' | 'user' | 'done' | 'words' | 'act' | 'other'

/** Heavier ones first. */
const weights: readonly Mark[] = ['waiting', 'trouble', 'user', 'done', 'words', 'act', 'other']

/** A place of the map: what it says, and the row that it leads to. */
export interface Place {
  readonly mark: Mark
  /** The first row with this mark among those that it stands for. */
  readonly row: number
}

/** The map of some rows: a place for each, or for several where there are more than `most`. */
export function placesOf(rows: readonly Row[], most: number): readonly Place[] {
  const count = Math.min(rows.length, most)
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * rows.length) / count)
    const to = Math.floor(((index + 1) * rows.length) / count)
    const marks = rows.slice(from, to).map(markOf)
    const mark = weights.find(each => marks.includes(each)) ?? 'other'
    return { mark, row: from + Math.max(0, marks.indexOf(mark)) }
  })
}

function markOf(row: Row): Mark {
  switch (row.kind) {
    case 'user':
      return row.withdrawn ? 'other' : 'user'
    case 'words':
      return 'words'
    case 'trouble':
      return 'trouble'
    case 'end':
      return row.done ? 'done' : 'trouble'
    case 'act':
      if (row.observation?.observation === 'error') return 'trouble'
      return isAwaited(row) ? 'waiting' : 'act'
    default:
      return 'other'
  }
}

function isAwaited({ action, observation, decision }: Extract<Row, { kind: 'act' }>): boolean {
  return action.args.confirmation_state === 'awaiting_confirmation' && !observation && !decision
}

/** The row of the next or the previous message of a person, seen from a row; undefined where there is none. */
export function messageFrom(rows: readonly Row[], at: number, step: 1 | -1): number | undefined {
  for (let index = at + step; index >= 0 && index < rows.length; index += step) {
    if (rows[index]?.kind === 'user') return index
  }
  return undefined
}
