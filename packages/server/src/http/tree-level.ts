import type { TreeEntry, TreeLevel } from '@openhands/protocol'
import type { GitChange, Runtime } from '../core/ports.ts'
import { refused } from './sandbox-scope.ts'

/** How long, in milliseconds, a listing waits for what git says of its files; then it goes without. */
const GIT_MS = 1500

/** One level of the tree, with what git says of it. Throws the 404 of a folder that cannot be listed. */
export async function treeLevel(runtime: Runtime, path: string, signal: AbortSignal): Promise<TreeLevel> {
  const [found, changes] = await Promise.all([
    runtime.files.list(path === '' ? '.' : path, signal),
    changesIn(runtime, signal),
  ])
  if (!found.ok) throw refused(found.message, undefined, 404)
  const entries = found.entries.map(entry => {
    const own = path === '' ? entry.name : `${path}/${entry.name}`
    const git = entry.kind === 'folder' ? below(own, changes) : changes.find(change => change.path === own)?.kind
    return { ...entry, path: own, ...(git === undefined ? {} : { git }) }
  })
  return { running: true, entries, left_out: found.leftOut }
}

async function changesIn({ git }: Runtime, signal: AbortSignal): Promise<readonly GitChange[]> {
  try {
    const status = await git.status(0, AbortSignal.any([signal, AbortSignal.timeout(GIT_MS)]))
    return status.ok ? status.changes : []
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DOMException && error.name === 'TimeoutError') return []
    throw error
  }
}

/** A folder has changed where something below it has. */
function below(folder: string, changes: readonly GitChange[]): TreeEntry['git'] {
  return changes.some(({ path }) => path.startsWith(`${folder}/`)) ? 'modified' : undefined
}
