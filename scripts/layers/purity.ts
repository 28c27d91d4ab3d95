/** Finds names of the outer world in files that have to be pure. */
import { follows, isMember, isUse } from './names.ts'
import type { Token } from './tokens.ts'

/** Something that a pure file mentions and must not. */
export interface Impurity {
  readonly what: string
  readonly line: number
}

const CORE_BANS = new Set([
  ...['process', 'console', 'fetch', 'globalThis', 'crypto', 'performance'],
  ...['setTimeout', 'setInterval', 'setImmediate'],
])
const PROTOCOL_BANS = new Set([...CORE_BANS, 'Buffer', 'window', 'document', 'localStorage', 'async', 'await'])

/** The uses of clock, chance, network, process and (in protocol) of Node or DOM in a file of core or protocol. */
export function impurities(tokens: readonly Token[], place: 'core' | 'protocol'): Impurity[] {
  const banned = place === 'core' ? CORE_BANS : PROTOCOL_BANS
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'name' || isMember(tokens, at)) return []
    const what = phrase(tokens, at) ?? (banned.has(token.value) && isUse(tokens, at) ? token.value : undefined)
    return what === undefined ? [] : [{ what, line: token.line }]
  })
}

function phrase(tokens: readonly Token[], at: number): string | undefined {
  if (follows(tokens, at, 'Date', '.', 'now')) return 'Date.now'
  if (follows(tokens, at, 'Math', '.', 'random')) return 'Math.random'
  if (follows(tokens, at, 'import', '.', 'meta')) return 'import.meta'
  if (!follows(tokens, at, 'new', 'Date')) return undefined
  return follows(tokens, at + 2, '(') && !follows(tokens, at + 3, ')') ? undefined : 'new Date()'
}
