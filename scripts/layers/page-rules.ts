/** Who may import whom inside of the page, and who may use the network there: packages/web/README.md. */
import { posix } from 'node:path'
import type { Import } from './imports.ts'
import { isUse } from './names.ts'
import type { Token } from './tokens.ts'

/** Something in a file of the page that breaks a rule of its layout. */
export interface PageProblem {
  readonly line: number
  readonly message: string
}

const SOURCE = 'packages/web/src/'
const NETWORK = new Set(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'sendBeacon'])

/** What each folder may import besides itself; `main.tsx` and `app.tsx`, which compose, are not listed. */
const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['text.ts', []],
  ['api', []],
  ['ui', ['text.ts']],
  ['store', ['api', 'text.ts']],
  ['panels', ['store', 'ui', 'text.ts']],
  ['pages', ['api', 'store', 'ui', 'panels', 'text.ts']],
])

/** What is wrong with the imports of a file of the page, and with what it takes from the network by itself. */
export function pageProblems(path: string, imports: readonly Import[], rest: readonly Token[]): PageProblem[] {
  if (!path.startsWith(SOURCE) || path.includes('.test.')) return []
  const folder = partOf(path)
  const wrong = imports.flatMap(({ from = '', names, line }) => {
    if (!from.startsWith('.')) return []
    const message = importProblem(path, posix.join(posix.dirname(path), from), names)
    return message === undefined ? [] : [{ line, message }]
  })
  if (folder === 'api') return wrong
  const asking = rest.flatMap((token, at) =>
    token.kind === 'name' && NETWORK.has(token.value) && isUse(rest, at)
      ? [{ line: token.line, message: `uses ${token.value}; the network is for src/api/ only` }]
      : [],
  )
  return [...wrong, ...asking]
}

function importProblem(path: string, target: string, names: readonly string[]): string | undefined {
  const [from, to] = [partOf(path), partOf(target)]
  const allowed = MAY_IMPORT.get(from)
  if (!allowed || !target.startsWith(SOURCE)) return undefined
  const [panel, other] = [panelOf(path), panelOf(target)]
  if (other !== undefined && other !== panel && path !== `${SOURCE}panels/registry.ts`)
    return `reaches into panels/${other}/; the registry loads panels, and they share by ui/ and store/`
  if (from === to || allowed.includes(to)) return undefined
  // The shape of what a panel is given, not the means.
  const isShape = from === 'panels' && to === 'api' && names.every(name => /^[A-Z]/.test(name))
  return isShape ? undefined : `${from} imports ${to}; it may import ${['itself', ...allowed].join(', ')}`
}

/** The folder below `src` that a file is in, or its own name; texts may stand in several files. */
function partOf(path: string): string {
  const part = path.slice(SOURCE.length).split('/')[0] ?? ''
  return /^text(?:-[a-z]+)?\.ts$/.test(part) ? 'text.ts' : part
}

function panelOf(path: string): string | undefined {
  return /^panels\/([^/]+)\//.exec(path.slice(SOURCE.length))?.[1]
}
