/** Finds who reads the environment of the process. */
import type { Import } from './imports.ts'
import { follows, isUse } from './names.ts'
import type { Token } from './tokens.ts'

/** The lines on which the environment is read, or `process` is taken as a whole and could be read unseen. */
export function environmentReads(imports: readonly Import[], tokens: readonly Token[]): number[] {
  const imported = imports
    .filter(each => /^(node:)?process$/.test(each.from ?? ''))
    .filter(each => each.names.some(name => name === 'env' || name === '*' || name === 'default'))
  const isOwnName = tokens.some((_, at) => names(tokens, at))
  const written = tokens.filter((_, at) => readsEnvironment(tokens, at, isOwnName))
  return [...imported, ...written].map(each => each.line)
}

/** Whether a parameter or variable of this file is called `process` here; passing that on says nothing. */
function names(tokens: readonly Token[], at: number): boolean {
  if (!follows(tokens, at, 'process')) return false
  const previous = tokens[at - 1]?.value ?? ''
  if (previous === 'const' || previous === 'let') return true
  return (previous === '(' || previous === ',') && follows(tokens, at + 1, ':')
}

function readsEnvironment(tokens: readonly Token[], at: number, isOwnName: boolean): boolean {
  if (!follows(tokens, at, 'process')) return false
  if (follows(tokens, at - 2, 'globalThis', '.')) return true
  if (!isUse(tokens, at)) return false
  const dotted = follows(tokens, at + 1, '.') || follows(tokens, at + 1, '?.')
  return dotted ? follows(tokens, at + 2, 'env') : !isOwnName
}
