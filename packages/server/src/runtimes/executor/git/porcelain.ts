/** See `GitChange` in the ports; the path is relative to the repository. */
export interface Change {
  readonly path: string
  readonly from?: string
  readonly kind: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'untracked' | 'conflicted'
  readonly staged: boolean
}

/** What `git status --porcelain=v2 --branch -z` says. */
export interface Status {
  /** Empty when no branch is checked out. */
  readonly branch: string
  /** False until something was committed. */
  readonly commits: boolean
  readonly changes: readonly Change[]
}

/** Fields before the path, by the first letter of an entry. */
const fieldsBefore: ReadonlyMap<string, number> = new Map([
  ['1', 8],
  ['2', 9],
  ['u', 10],
  ['?', 1],
])
const headLine = '# branch.head '

/** Reads the status as git prints it for programs; an entry that was cut off at the end is passed over. */
export function readStatus(output: string): Status {
  const entries = output.split('\0')
  const changes: Change[] = []
  let branch = ''
  for (let at = 0; at < entries.length - 1; at++) {
    const entry = entries[at] ?? ''
    if (entry.startsWith(headLine)) branch = entry === `${headLine}(detached)` ? '' : entry.slice(headLine.length)
    const path = pathOf(entry)
    if (path === undefined) continue
    // The entry of a rename is followed by the old name.
    const from = entry.startsWith('2') ? entries[++at] : undefined
    const change = { path, kind: kindOf(entry), staged: isStaged(entry) }
    changes.push(from === undefined ? change : { ...change, from })
  }
  return { branch, commits: !entries.includes('# branch.oid (initial)'), changes }
}

function pathOf(entry: string): string | undefined {
  const fields = fieldsBefore.get(entry[0] ?? '')
  if (fields === undefined) return undefined
  let at = 0
  for (let field = 0; field < fields; field++) at = entry.indexOf(' ', at) + 1 || entry.length
  return entry.slice(at)
}

/** An entry such as `1 AM …`: what has happened between the last commit and the index, and then in the work tree. */
function kindOf(entry: string): Change['kind'] {
  if (entry.startsWith('?')) return 'untracked'
  if (entry.startsWith('u')) return 'conflicted'
  const [index, tree] = [entry[2], entry[3]]
  if (tree === 'D' || (index === 'D' && tree === '.')) return 'deleted'
  if (index === 'R' || tree === 'R') return 'renamed'
  if (index === 'C' || tree === 'C') return 'copied'
  return index === 'A' || tree === 'A' ? 'added' : 'modified'
}

function isStaged(entry: string): boolean {
  return /^[12] [^.]/.test(entry)
}
