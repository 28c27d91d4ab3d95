import type { Row } from '../../store/rows.ts'

const LINE = 21
/** Characters of a line at the usual width. */
const WIDTH = 85
/** So many characters of a text are counted line by line. */
const COUNTED = 4_000

/** Lines that are shown of a message that has more. */
const CLIPPED = 40

const known = new WeakMap<Row, number>()

/** About how many pixels a row will take: the better the guess, the less moves while somebody scrolls up. */
export function roughHeight(row: Row | undefined): number {
  if (!row) return 60
  const height = known.get(row) ?? heightOf(row)
  known.set(row, height)
  return height
}

function heightOf(row: Row): number {
  switch (row.kind) {
    case 'user':
      return 42 + (row.text.split('\n', CLIPPED + 4).length > CLIPPED + 3 ? CLIPPED + 1 : linesOf(row.text)) * 23
    case 'words':
      return 15 + linesOf(row.text) * 25
    case 'end':
      return 64 + linesOf(row.text) * 23
    case 'trouble':
      return 52 + linesOf(row.text) * 20
    case 'act':
      return actHeight(row)
    case 'note':
    case 'plan': // most are earlier ones, a line each
    case 'reasoning':
      return 34
  }
}

function actHeight({ action, observation }: Extract<Row, { kind: 'act' }>): number {
  const thought = 'thought' in action.args && action.args.thought !== '' ? 8 + linesOf(action.args.thought) * 23 : 0
  const lines = linesOf(observation?.content.slice(0, COUNTED) ?? '')
  const output = Math.min(12, lines)
  const more = (observation?.content.length ?? 0) > COUNTED || lines > 15 ? 24 : 0
  return 74 + thought + (observation ? output * LINE : 0) + more
}

function linesOf(text: string): number {
  const counted = text.slice(0, COUNTED).split('\n')
  const lines = counted.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / WIDTH)), 0)
  return text.length <= COUNTED ? lines : Math.round((lines * text.length) / COUNTED)
}
