import type { BytePath } from './byte-path.ts'
import { readContent } from './content.ts'
import type { KnownFiles, Mode } from './known-files.ts'
import { Slices } from './slices.ts'
import type { TreeFile } from './store.ts'
import type { Walked } from './walk.ts'

/** How a file differs from what a checkpoint has. */
export interface Compared {
  readonly path: string
  readonly kind: 'added' | 'modified' | 'deleted'
}

interface Content {
  readonly mode: Mode
  readonly hash: string
}

/** What a workspace is looked at with. */
export interface Look {
  readonly root: BytePath
  /** The files of the newest checkpoint. */
  readonly known: KnownFiles
  /** What has changed since that one. */
  readonly walked: Walked
  readonly fileBytes: number
  now(): number
}

/** How a workspace differs from the files of a checkpoint, by path; only what has changed is read. */
export async function compare(files: readonly TreeFile[], look: Look, signal: AbortSignal): Promise<Compared[]> {
  const before = new Map<BytePath, Content>(files.map(file => [file.path, file]))
  const present = await contents(look, signal)
  const found: [BytePath, Compared['kind']][] = []
  for (const [path, { mode, hash }] of present) {
    const old = before.get(path)
    if (old === undefined) found.push([path, 'added'])
    else if (old.hash !== hash || old.mode !== mode) found.push([path, 'modified'])
  }
  for (const path of before.keys()) if (!present.has(path)) found.push([path, 'deleted'])
  found.sort(([one], [other]) => (one < other ? -1 : 1))
  return found.map(([path, kind]) => ({ path: Buffer.from(path, 'latin1').toString('utf8'), kind }))
}

async function contents(
  { root, known, walked, fileBytes, now }: Look,
  signal: AbortSignal,
): Promise<Map<BytePath, Content>> {
  const present = new Map<BytePath, Content>(known)
  for (const path of walked.removed) present.delete(path)
  const slices = new Slices(signal)
  for (const [path] of walked.changed) {
    if (slices.isOver) await slices.pause()
    const content = readContent(root, path, fileBytes, now())
    if (content === undefined) present.delete(path)
    else present.set(path, content.known)
  }
  return present
}
