import type { Changes, FileDiff } from '@openhands/protocol'
import type { Runtime } from '../core/ports.ts'
import { presentSide, sideOf } from './file-side.ts'
import { refused } from './sandbox-scope.ts'

const nothing = { folder: '', branch: '', changes: [] }

/** What differs from the last commit, from `offset` on. Throws the 409 of what git refuses. */
export async function changesOfCommit(
  runtime: Runtime | undefined,
  offset: number,
  signal: AbortSignal,
): Promise<Changes> {
  if (!runtime) return { state: 'not_running', ...nothing }
  const found = await runtime.git.status(offset, signal)
  if (!found.ok) throw refused(found.message)
  if (!found.repository) return { state: 'no_repository', ...nothing }
  const { folder, branch, commits, more } = found
  const changes = found.changes.map(change => ({ ...change }))
  const next = more ? { next: offset + changes.length } : {}
  return { state: commits ? 'ready' : 'no_commits', folder, branch, changes, ...next }
}

/** What differs from a checkpoint, or from the oldest one, from `offset` on. */
export async function changesOfCheckpoint(
  runtime: Runtime | undefined,
  against: string,
  offset: number,
  signal: AbortSignal,
): Promise<Changes> {
  if (!runtime) return { state: 'not_running', ...nothing }
  const id = await checkpointOf(runtime, against, signal)
  if (id === undefined) return { state: 'no_checkpoint', ...nothing }
  const found = await runtime.checkpoints.changes(id, offset, signal)
  if (!found.ok) throw refused(found.message)
  const changes = found.changes.map(change => ({ ...change, staged: false }))
  return { state: 'ready', ...nothing, changes, ...(found.more ? { next: offset + changes.length } : {}) }
}

/** A file before and now; `from` is what it was called before. */
export async function diffOf(
  runtime: Runtime | undefined,
  { path, from = path, against }: { readonly path: string; readonly from?: string; readonly against: string },
  signal: AbortSignal,
): Promise<FileDiff> {
  const absent = sideOf(undefined)
  const none = (state: FileDiff['state']): FileDiff => ({ state, path, before: absent, after: absent })
  if (!runtime) return none('not_running')
  let bytes: Uint8Array | undefined
  let state: FileDiff['state'] = 'ready'
  if (against === 'head') {
    const found = await runtime.git.status(0, signal)
    if (!found.ok) throw refused(found.message)
    if (!found.repository) return none('no_repository')
    const committed = await runtime.git.committed(from, signal)
    if (!committed.ok) throw refused(committed.message, undefined, 404)
    bytes = committed.bytes
    if (!found.commits) state = 'no_commits'
  } else {
    const id = await checkpointOf(runtime, against, signal)
    if (id === undefined) return none('no_checkpoint')
    const kept = await runtime.checkpoints.file(id, from, signal)
    if (!kept.ok) throw refused(kept.message)
    bytes = kept.bytes
  }
  return { state, path, before: sideOf(bytes), after: await presentSide(runtime.files, path, signal) }
}

/** The checkpoint that is meant, if it is kept. */
async function checkpointOf(runtime: Runtime, against: string, signal: AbortSignal): Promise<string | undefined> {
  const kept = await runtime.checkpoints.list(signal)
  return against === 'start' ? kept.at(-1)?.id : kept.find(({ id }) => id === against)?.id
}
