/** The imports of a file, read from its tokens. */
import type { Token } from './tokens.ts'

/** One import or re-export. */
export interface Import {
  /** What stands between the quotes; undefined for an `import()` of a computed name. */
  readonly from: string | undefined
  /** The exported names that are taken; `*` for all of them at once. */
  readonly names: readonly string[]
  readonly line: number
}

/** A file's imports, and its tokens without them. */
export interface Parsed {
  readonly imports: readonly Import[]
  readonly rest: readonly Token[]
}

/** Separates static and dynamic imports, re-exports and `require()` from the other tokens of a file. */
export function parseImports(tokens: readonly Token[]): Parsed {
  const imports: Import[] = []
  const rest: Token[] = []
  let at = 0
  while (at < tokens.length) {
    const found = staticImport(tokens, at) ?? call(tokens, at)
    if (found) imports.push(found.import)
    else rest.push(...tokens.slice(at, at + 1))
    at = found ? found.end : at + 1
  }
  return { imports, rest }
}

interface Found {
  readonly import: Import
  /** Index of the first token after it. */
  readonly end: number
}

/** `import … from 'x'`, `import 'x'`, `export … from 'x'`. */
function staticImport(tokens: readonly Token[], start: number): Found | undefined {
  const word = tokens[start]
  if (word?.kind !== 'name' || (word.value !== 'import' && word.value !== 'export')) return undefined
  if (isMember(tokens, start)) return undefined
  const names: string[] = []
  let inBraces = false
  for (let at = start + 1; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token?.kind === 'string') {
      const isSource = tokens[at - 1]?.value === 'from' || (word.value === 'import' && at === start + 1)
      return isSource ? { import: { from: token.value, names, line: word.line }, end: at + 1 } : undefined
    }
    if (!token || !isClausePart(token)) return undefined
    if (token.value === '{' || token.value === '}') inBraces = token.value === '{'
    else if (inBraces ? isListedName(tokens, at) : token.value === '*') names.push(token.value)
    else if (!inBraces && isDefaultName(tokens, at)) names.push('default')
  }
  return undefined
}

const CLAUSE_SIGNS = new Set(['{', '}', ',', '*'])

function isClausePart({ kind, value }: Token): boolean {
  return kind === 'name' ? value !== 'import' && value !== 'export' : kind === 'sign' && CLAUSE_SIGNS.has(value)
}

/** A name between braces that is neither a sign, the modifier `type` nor the new name after `as`. */
function isListedName(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (token?.kind !== 'name' || token.value === 'as' || tokens[at - 1]?.value === 'as') return false
  return token.value !== 'type' || tokens[at + 1]?.kind !== 'name'
}

function isDefaultName(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (token?.kind !== 'name' || tokens[at - 1]?.value === 'as') return false
  return token.value !== 'type' && token.value !== 'as' && token.value !== 'from'
}

/** `import('x')` as an expression or a type, and `require('x')`. */
function call(tokens: readonly Token[], at: number): Found | undefined {
  const word = tokens[at]
  if (word?.kind !== 'name' || (word.value !== 'import' && word.value !== 'require')) return undefined
  if (tokens[at + 1]?.value !== '(' || isMember(tokens, at)) return undefined
  const argument = tokens[at + 2]
  const isPlain = argument?.kind === 'string' && [')', ','].includes(tokens[at + 3]?.value ?? '')
  return { import: { from: isPlain ? argument.value : undefined, names: ['*'], line: word.line }, end: at + 2 }
}

function isMember(tokens: readonly Token[], at: number): boolean {
  const previous = tokens[at - 1]?.value
  return previous === '.' || previous === '?.'
}
