import { errorAt } from './action-error.ts'

/** A piece of code. `end` stands between calls: a line break outside of brackets, a semicolon, or the end of the text. */
export type Token = { readonly offset: number } & (
  | { readonly kind: 'name' | 'mark'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'end' }
)

const blank = /[ \t\r\f\n]+|#[^\n]*|\\\r?\n/y
const name = /[\p{L}_][\p{L}\p{N}_]*/uy
const number = /(?:0[xX][\da-fA-F]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y
const opening = /([A-Za-z]{0,2})('''|"""|'|")/y
const marks = '()[],=-+'

/** Cuts code into tokens, as Python would. Throws `ActionSyntaxError`. */
export function tokensOf(code: string): Token[] {
  const tokens: Token[] = []
  let depth = 0
  let offset = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset
    return pattern.exec(code)
  }
  while (offset < code.length) {
    const start = offset
    const skipped = match(blank)?.[0]
    const quote = skipped === undefined ? match(opening) : null
    const word = match(name)?.[0]
    const digits = match(number)?.[0]
    const sign = code[offset] ?? ''
    if (skipped !== undefined) {
      offset += skipped.length
      if (depth === 0 && /^[^#\\]*\n/.test(skipped)) tokens.push({ kind: 'end', offset: start })
    } else if (quote !== null) {
      const { text, end } = readText(code, start, quote[1] ?? '', quote[2] ?? "'")
      tokens.push({ kind: 'text', text, offset: start })
      offset = end
    } else if (word !== undefined) {
      tokens.push({ kind: 'name', text: word, offset: start })
      offset += word.length
    } else if (digits !== undefined) {
      tokens.push({ kind: 'number', value: Number(digits.replaceAll('_', '')), offset: start })
      offset += digits.length
    } else if (sign === ';') {
      tokens.push({ kind: 'end', offset: offset++ })
    } else if (marks.includes(sign)) {
      if (sign === '(' || sign === '[') depth++
      if (sign === ')' || sign === ']') depth = Math.max(0, depth - 1)
      tokens.push({ kind: 'mark', text: sign, offset: offset++ })
    } else
      throw errorAt(code, offset, `unexpected ${JSON.stringify(String.fromCodePoint(code.codePointAt(offset) ?? 0))}.`)
  }
  tokens.push({ kind: 'end', offset: code.length })
  return tokens
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ...([
    ['n', '\n'],
    ['t', '\t'],
    ['r', '\r'],
    ['a', '\x07'],
    ['b', '\b'],
    ['f', '\f'],
    ['v', '\v'],
  ] as const),
  ...([
    ['\\', '\\'],
    ["'", "'"],
    ['"', '"'],
    ['\n', ''],
  ] as const),
])

function readText(code: string, start: number, prefix: string, quote: string): { text: string; end: number } {
  if (!/^[ru]?$/i.test(prefix)) throw errorAt(code, start, `texts with the prefix ${prefix} are not known here.`)
  const isRaw = prefix.toLowerCase() === 'r'
  const parts: string[] = []
  let at = start + prefix.length + quote.length
  for (;;) {
    if (code.startsWith(quote, at)) return { text: parts.join(''), end: at + quote.length }
    const letter = code[at]
    if (letter === undefined || (letter === '\n' && quote.length === 1))
      throw errorAt(code, start, `this text is not closed; ${quote} is missing.`)
    const piece = letter === '\\' ? readEscape(code, at, isRaw) : { text: letter, length: 1 }
    parts.push(piece.text)
    at += piece.length
  }
}

/** What a backslash and what follows it stand for; one that means nothing stands for itself, as in Python. */
function readEscape(code: string, at: number, isRaw: boolean): { text: string; length: number } {
  const next = code[at + 1] ?? ''
  if (isRaw) return { text: `\\${next}`, length: 1 + next.length }
  const simple = simpleEscapes.get(next)
  if (simple !== undefined) return { text: simple, length: 2 }
  const hex = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/.exec(code.slice(at + 1, at + 10))
  if (hex !== null) {
    const point = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '0', 16)
    if (point > 0x10ffff) throw errorAt(code, at, 'there is no such character.')
    return { text: String.fromCodePoint(point), length: 1 + hex[0].length }
  }
  const octal = /^[0-7]{1,3}/.exec(code.slice(at + 1, at + 4))?.[0]
  if (octal !== undefined) return { text: String.fromCodePoint(Number.parseInt(octal, 8)), length: 1 + octal.length }
  return { text: '\\', length: 1 }
}
