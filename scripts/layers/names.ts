/** How a name is used at a place in a file, judged from its neighbours. */
import type { Token } from './tokens.ts'

/** Modifiers and signs after which a name with parentheses and then a body or a type is a declaration. */
const BEFORE_DECLARATION = new Set(['{', '}', ';', ',', 'async', 'get', 'set', 'static', 'function', 'readonly', '*'])

/** Whether the token at `at` is a name that stands for itself: no property of something, and not declared here. */
export function isUse(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.kind === 'name' && !isMember(tokens, at) && !isDeclared(tokens, at)
}

/** Whether the name stands after a dot. */
export function isMember(tokens: readonly Token[], at: number): boolean {
  const previous = tokens[at - 1]
  return previous?.kind === 'sign' && (previous.value === '.' || previous.value === '?.')
}

/** Whether the tokens from `at` on have these values; a missing token has the empty one. */
export function follows(tokens: readonly Token[], at: number, ...values: readonly string[]): boolean {
  return values.every((value, offset) => tokens[at + offset]?.value === value)
}

/** Whether the name is given to a property, a parameter or a method here. */
function isDeclared(tokens: readonly Token[], at: number): boolean {
  const [previous, next, second] = [tokens[at - 1]?.value ?? '', tokens[at + 1]?.value, tokens[at + 2]?.value]
  if (next === ':') return previous !== '?'
  if (next === '?') return second === ':' || second === '('
  const startsLine = tokens[at - 1]?.line !== tokens[at]?.line
  if (next !== '(' || !(startsLine || BEFORE_DECLARATION.has(previous))) return false
  const after = tokens[closing(tokens, at + 1) + 1]?.value
  return after === ':' || after === '{'
}

/** The index of the parenthesis that closes the one at `open`. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]?.kind !== 'sign') continue
    if (tokens[at]?.value === '(') depth += 1
    if (tokens[at]?.value === ')') depth -= 1
    if (depth === 0) return at
  }
  return tokens.length
}
