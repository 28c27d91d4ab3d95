import { literal, wordsPattern } from '@openhands/protocol'

/** Characters of a snippet before the first match, and altogether; what is found is always in it as a whole. */
const BEFORE = 24
const LENGTH = 220
/** Matches that are pointed out in one snippet. */
const MOST_MARKS = 20

/** Some of a text, and where in it the words stand. */
export interface Snippet {
  readonly snippet: string
  readonly matches: [number, number][]
}

/** Finds words in texts, in upper or lower case alike; between two of them may be any white space. */
export class TextFinder {
  readonly #pattern: RegExp
  readonly #hint: RegExp

  constructor(query: string) {
    const longest = query
      .trim()
      .split(/\s+/)
      .reduce((a, b) => (b.length > a.length ? b : a))
    this.#pattern = wordsPattern(query)
    this.#hint = new RegExp(literal(JSON.stringify(longest).slice(1, -1)), 'iu')
  }

  /** False where no text within this JSON can hold the words: then it need not be read. */
  mayBeIn(json: string): boolean {
    return this.#hint.test(json)
  }

  /** The place around the first match. */
  find(text: string): Snippet | undefined {
    this.#pattern.lastIndex = 0
    const first = this.#pattern.exec(text)
    if (!first) return undefined
    const start = onCharacter(text, Math.max(0, first.index - BEFORE))
    const stop = onCharacter(text, Math.max(first.index + first[0].length, start + LENGTH))
    const shift = (start > 0 ? 1 : 0) - start
    const matches: [number, number][] = []
    for (let match: RegExpExecArray | null = first; match; match = this.#pattern.exec(text)) {
      const end = match.index + match[0].length
      if (end > stop || matches.length === MOST_MARKS) break
      matches.push([match.index + shift, end + shift])
    }
    const snippet = `${start > 0 ? '…' : ''}${text.slice(start, stop)}${stop < text.length ? '…' : ''}`
    return { snippet, matches }
  }
}

/** No character that takes two units is cut in two. */
function onCharacter(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at
}
