import type { Row } from '../../store/rows.ts'

const LINE = 21
/** Characters of a line at the usual width. */
const WIDTH = 85

/** About how many pixels a row will take: the better the guess, the less moves while somebody scrolls up. */
export function roughHeight(row: Row | undefined): number {
  switch (row?.kind) {
    case 'user':
      return 42 + linesOf(row.text) * 23
    case 'words':
      return 15 + linesOf(row.text) * 25
    case 'end':
      return 64 + linesOf(row.text) * 23
    case 'trouble':
      return 52 + linesOf(row.text) * 20
    case 'act':
      return actHeight(row)
    case 'note':
    case 'reasoning':
      return 34
    default:
      return 60
  }
}

function actHeight({ action, observation }: Extract<Row, { kind: 'act' }>): number {
  const thought = 'thought' in action.args && action.args.thought !== '' ? 8 + linesOf(action.args.thought) * 23 : 0
  const output = Math.min(12, linesOf(observation?.content.slice(0, 4_000) ?? ''))
  const more =
    (observation?.content.length ?? 0) > 4_000 || linesOf(observation?.content.slice(0, 4_000) ?? '') > 15 ? 24 : 0
  return 74 + thought + (observation ? output * LINE : 0) + more
}

function linesOf(text: string): number {
  return text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / WIDTH)), 0)
}
