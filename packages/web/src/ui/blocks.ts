/** Characters after which a block that goes on is cut, by what it is: what takes longest to make is cut soonest. */
const LIMITS = { table: 2_500, list: 4_000, text: 8_000, code: 20_000 }

type Kind = keyof typeof LIMITS

/** Where a block ends, and what has to stand before the rest so that it goes on as what it was: a fence, the head of a table. */
interface Cut {
  readonly end: number
  readonly opening: string
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/
const RULE = /^ {0,3}\|?\s*:?-+:?\s*(?:\|[\s:|-]*)?$/

/**
 * Cuts markdown that grows at its end into blocks which can be made one by one: at blank lines outside of fenced code
 * and of lists, and, where a block is very long, at a line of it. Blocks that are complete stay the same at the same
 * places, so that only the last one changes.
 */
export class GrowingBlocks {
  readonly #scale: number
  #text = ''
  #complete: string[] = []
  #at = 0
  #opening = ''

  /** `scale`: so many times as long may blocks be before they are cut. */
  constructor(scale = 1) {
    this.#scale = scale
  }

  /** The blocks of a text, mostly the one given before with something added. */
  of(text: string): readonly string[] {
    if (!text.startsWith(this.#text)) this.#begin()
    this.#text = text
    for (let cut = this.#cut(); cut; cut = this.#cut()) {
      this.#complete.push(this.#opening + text.slice(this.#at, cut.end).trimEnd())
      this.#at = cut.end
      this.#opening = cut.opening
    }
    const rest = text.slice(this.#at).trimEnd()
    return rest === '' ? [...this.#complete] : [...this.#complete, this.#opening + rest]
  }

  #begin(): void {
    this.#complete = []
    this.#at = 0
    this.#opening = ''
  }

  #cut(): Cut | undefined {
    return cutOf(this.#text, this.#at, this.#opening, this.#scale)
  }
}

/** The blocks of a text that is complete. */
export function blocksOf(markdown: string, scale = 1): readonly string[] {
  return new GrowingBlocks(scale).of(markdown)
}

/** The end of the block that begins at `at`; undefined while it is not known to be complete. */
function cutOf(text: string, at: number, opening: string, scale: number): Cut | undefined {
  const head = opening.split('\n')
  let fence = FENCE.exec(opening)?.[1] ?? ''
  let fenceLine = fence === '' ? '' : opening
  let tableHead = fence === '' ? opening : ''
  let isList = false
  let first = ''
  let blank = false
  let before = head.at(-2) ?? ''
  for (let start = at; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const line = text.slice(start, newline < 0 ? text.length : newline)
    const isBlank = line.trim() === ''
    if (fence === '' && blank && !isBlank && !(isList && (ITEM.test(line) || /^\s{2,}/.test(line))))
      return { end: start, opening: '' }
    if (first === '' && !isBlank) {
      first = line
      isList = opening === '' && ITEM.test(line)
    }
    const kind: Kind = fence !== '' ? 'code' : tableHead !== '' ? 'table' : isList ? 'list' : 'text'
    const most = LIMITS[kind] * scale
    if (!isBlank && start - at >= most && (kind !== 'list' || ITEM.test(line) || start - at >= 4 * most))
      return { end: start, opening: fence === '' ? tableHead : fenceLine }
    if (kind === 'text' && line.length > 2 * most) return { end: wordAt(text, start + most), opening: '' }
    if (newline < 0) return undefined
    const mark = FENCE.exec(line)?.[1] ?? ''
    if (fence === '' && mark !== '') {
      fence = mark
      fenceLine = `${line}\n`
      tableHead = ''
    } else if (fence !== '' && mark.startsWith(fence) && line.trim() === mark) fence = ''
    if (fence === '' && tableHead === '' && RULE.test(line) && line.includes('|') && before.includes('|'))
      tableHead = `${before}\n${line}\n`
    blank = isBlank && fence === '' && first !== ''
    before = line
    start = newline + 1
  }
  return undefined
}

/** The beginning of a word near a place. */
function wordAt(text: string, near: number): number {
  const space = text.lastIndexOf(' ', near)
  return space > near - 1_000 ? space + 1 : near
}
