/** Finds command lines that a shell would read: a value inside one can become a command. */
import type { Import } from './imports.ts'
import { follows } from './names.ts'
import type { Token } from './tokens.ts'

/** A place where a command line is handed to a shell. */
export interface ShellString {
  readonly what: string
  readonly line: number
}

/** `exec`, `execSync` and `shell:` of node:child_process, and texts put together behind `-c`. */
export function shellStrings(imports: readonly Import[], tokens: readonly Token[]): ShellString[] {
  const spawning = imports.filter(each => /^(node:)?child_process$/.test(each.from ?? ''))
  const imported = spawning.flatMap(({ names, line }) =>
    names.filter(isForbidden).map(what => ({ what: what === '*' ? 'the whole of node:child_process' : what, line })),
  )
  const spawns = spawning.length > 0
  const written = tokens.flatMap((token, at) => {
    if (isShellOption(tokens, at, spawns)) return [{ what: `shell: ${tokens[at + 2]?.value}`, line: token.line }]
    return isBuiltScript(tokens, at) ? [{ what: `a text put together behind ${token.value}`, line: token.line }] : []
  })
  return [...imported, ...written]
}

/** Taking the whole module would hide which of its functions are called. */
function isForbidden(name: string): boolean {
  return name === 'exec' || name === 'execSync' || name === '*' || name === 'default'
}

function isShellOption(tokens: readonly Token[], at: number, spawns: boolean): boolean {
  if (follows(tokens, at, 'shell', ':', 'true')) return true
  return spawns && follows(tokens, at, 'shell', ':') && tokens[at + 2]?.kind === 'string'
}

/** `'-c', ` followed by a template with a hole or by a sum, up to the next comma or bracket. */
function isBuiltScript(tokens: readonly Token[], at: number): boolean {
  const flag = tokens[at]
  if (flag?.kind !== 'string' || !/^-[a-z]*c$/.test(flag.value) || !follows(tokens, at + 1, ',')) return false
  for (const { kind, value } of tokens.slice(at + 2)) {
    if (kind === 'template' ? value === 'computed' : kind === 'sign' && value === '+') return true
    if (kind === 'sign' && (value === ',' || value === ']')) return false
  }
  return false
}
