/** Characters by whose pattern a form is looked for. */
const ANCHOR = 4
/** Line breaks that may stand between two characters of a form: what wraps text writes one, terminals two characters. */
const MOST_BREAKS = 2

/** Where a form stands in a text: from `start` to before `end`. */
export interface Match {
  readonly start: number
  readonly end: number
}

interface Anchored {
  readonly form: string
  /** Which character of the form the anchor begins with: a line break in one anchor leaves the other. */
  readonly offset: number
}

/** Finds any of many texts in one pass, however many there are, with line breaks anywhere in them. */
export class SecretMatcher {
  /** One byte for the low bytes of two characters: set where an anchor may begin. */
  readonly #pairs = new Uint8Array(65_536)
  readonly #anchors = new Map<string, Anchored[]>()
  readonly #byFirst = new Map<number, string[]>()
  #longest = 0

  /** Looks for another form from now on: one of at least eight characters, without line breaks. */
  add(form: string): void {
    for (const offset of [0, ANCHOR]) {
      const anchor = form.slice(offset, offset + ANCHOR)
      listIn(this.#anchors, anchor).push({ form, offset })
      this.#pairs[((anchor.charCodeAt(0) & 255) << 8) | (anchor.charCodeAt(1) & 255)] = 1
    }
    listIn(this.#byFirst, form.charCodeAt(0)).push(form)
    this.#longest = Math.max(this.#longest, form.length)
  }

  /** The first form at or after `from`. */
  find(text: string, from: number): Match | undefined {
    const pairs = this.#pairs
    const last = text.length - ANCHOR
    let low = text.charCodeAt(from) & 255
    for (let at = from; at <= last; at++) {
      const next = text.charCodeAt(at + 1) & 255
      if (pairs[(low << 8) | next] === 1) {
        const match = this.#matchAt(text, at, from)
        if (match) return match
      }
      low = next
    }
    return undefined
  }

  /** Where the end of a text begins that more text might make a form; the text's length when there is none. */
  open(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest * (1 + MOST_BREAKS)); at < text.length; at++) {
      const forms = this.#byFirst.get(text.charCodeAt(at))
      if (forms?.some(form => endOf(form, 0, text, at) === 'open')) return at
    }
    return text.length
  }

  #matchAt(text: string, at: number, from: number): Match | undefined {
    let longest: Match | undefined
    for (const { form, offset } of this.#anchors.get(text.slice(at, at + ANCHOR)) ?? []) {
      const start = startOf(form, offset, text, at)
      if (start === undefined || start < from) continue
      const end = endOf(form, offset, text, at)
      if (typeof end === 'number' && (!longest || end - start > longest.end - longest.start)) longest = { start, end }
    }
    return longest
  }
}

function listIn<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}

function isBreak(code: number): boolean {
  return code === 10 || code === 13
}

/** Goes back over the first `offset` characters of a form; undefined when they are not there. */
function startOf(form: string, offset: number, text: string, at: number): number | undefined {
  let start = at
  for (let index = offset - 1; index >= 0; index--) {
    start--
    for (let breaks = 0; breaks < MOST_BREAKS && isBreak(text.charCodeAt(start)); breaks++) start--
    if (start < 0 || text.charCodeAt(start) !== form.charCodeAt(index)) return undefined
  }
  return start
}

/** Where the form ends whose character `offset` stands at `at`; `open` where the text ends first. */
function endOf(form: string, offset: number, text: string, at: number): number | 'open' | undefined {
  let end = at
  for (let index = offset; index < form.length; index++) {
    if (index > offset) for (let breaks = 0; breaks < MOST_BREAKS && isBreak(text.charCodeAt(end)); breaks++) end++
    if (end >= text.length) return 'open'
    if (text.charCodeAt(end) !== form.charCodeAt(index)) return undefined
    end++
  }
  return end
}
