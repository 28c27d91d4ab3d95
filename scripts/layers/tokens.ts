/** Cuts TypeScript into tokens, just well enough to see imports and names outside comments, strings and templates. */

/** A piece of a file: `value` is the text of names and signs and the content of strings, otherwise empty. */
export interface Token {
  readonly kind: 'name' | 'sign' | 'string' | 'template' | 'number' | 'regex'
  readonly value: string
  /** Line in the file, from 1. */
  readonly line: number
}

/** The tokens of a file in order; a template with a hole in it has the value `computed`, and what stands in the hole follows it. */
export function tokenize(text: string): Token[] {
  return new Lexer(text).tokens
}

/** After these names a slash starts a regular expression, not a division. */
const BEFORE_EXPRESSION = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'void', 'new', 'else'])

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y
const LEXEMES: readonly (readonly [Token['kind'], RegExp])[] = [
  ['name', /#?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy],
  ['number', /\d[\w.]*/y],
  ['string', /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y],
  ['sign', /\.\.\.|\?\.|=>|[\s\S]/y],
]

class Lexer {
  readonly tokens: Token[] = []
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
    this.#take(/(?:#!.*)?/y)
    while (this.#at < text.length) this.#code()
  }

  /** Reads to the end, or to the brace that closes what was open before the first token. */
  #code(): void {
    let depth = 0
    while (this.#at < this.#text.length) {
      if (this.#take(SPACE) !== '') continue
      const next = this.#text[this.#at]
      if (next === '`') this.#template()
      else if (next === '/' && this.#expectsExpression() && this.#push('regex', this.#take(REGEX))) continue
      else {
        this.#lexeme()
        if (next === '{') depth += 1
        if (next === '}') depth -= 1
        if (depth < 0) return
      }
    }
  }

  #lexeme(): void {
    for (const [kind, pattern] of LEXEMES) {
      if (this.#push(kind, this.#take(pattern))) return
    }
  }

  #template(): void {
    const index = this.tokens.length
    const line = this.#line
    this.tokens.push({ kind: 'template', value: '', line })
    this.#at += 1
    this.#take(TEMPLATE_TEXT)
    while (this.#take(/\$\{/y) !== '') {
      this.tokens[index] = { kind: 'template', value: 'computed', line }
      this.#code()
      this.tokens.pop() // the brace that closes the hole
      this.#take(TEMPLATE_TEXT)
    }
    this.#at += 1
  }

  #expectsExpression(): boolean {
    const last = this.tokens.at(-1)
    if (!last) return true
    if (last.kind === 'sign') return !')]}'.includes(last.value)
    return last.kind === 'name' && BEFORE_EXPRESSION.has(last.value)
  }

  #push(kind: Token['kind'], found: string): boolean {
    if (found === '') return false
    const value = kind === 'string' ? found.slice(1, -1) : kind === 'name' || kind === 'sign' ? found : ''
    this.tokens.push({ kind, value, line: this.#line - breaksIn(found) })
    return true
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    this.#line += breaksIn(found)
    return found
  }
}

function breaksIn(text: string): number {
  return text.split('\n').length - 1
}
