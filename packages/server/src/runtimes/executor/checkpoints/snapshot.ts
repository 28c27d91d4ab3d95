import type { BytePath } from './byte-path.ts'
import { readContent } from './content.ts'
import { type Draft, Importer } from './importer.ts'
import type { KnownFile, KnownFiles } from './known-files.ts'
import type { LeftOut } from './left-out.ts'
import { Slices } from './slices.ts'
import type { CheckpointStore } from './store.ts'
import type { Walked } from './walk.ts'

/** What is to become a checkpoint. */
export interface Snapshot {
  readonly root: BytePath
  readonly store: CheckpointStore
  readonly walked: Walked
  /** The files of the checkpoint that this one is compared with. */
  readonly known: KnownFiles
  /** Whether the manifest differs, or there is no checkpoint yet. */
  readonly isNew: boolean
  readonly manifest: string
  readonly draft: Draft
  readonly fileBytes: number
  now(): number
}

/** What has become of it. */
export interface Written {
  /** The hash of the tree; undefined when nothing had changed. */
  readonly tree: string | undefined
  /** What is known now: of each path the file, or undefined when it is no longer there. */
  readonly updates: ReadonlyMap<BytePath, KnownFile | undefined>
}

/** Reads what has changed and writes a checkpoint of it, if anything really has; nothing remains of one that fails. */
export async function writeSnapshot(snapshot: Snapshot, signal: AbortSignal): Promise<Written> {
  const { walked, known, root, fileBytes, draft, store } = snapshot
  const updates = new Map<BytePath, KnownFile | undefined>(walked.removed.map(path => [path, undefined]))
  const slices = new Slices(signal)
  const stop = new AbortController()
  let importer: Importer | undefined
  const begun = (): Importer => {
    if (importer !== undefined) return importer
    importer = new Importer(store.git, draft, AbortSignal.any([signal, stop.signal]))
    for (const path of walked.removed) importer.remove(path)
    return importer
  }
  try {
    if (walked.removed.length > 0 || snapshot.isNew) begun()
    for (const [path] of walked.changed) {
      if (slices.isOver) await slices.pause()
      const content = readContent(root, path, fileBytes, snapshot.now())
      const before = known.get(path)
      if (content === undefined) noteUnreadable(walked.leftOut, path)
      if (content === undefined && before === undefined) continue
      updates.set(path, content?.known)
      if (content === undefined) begun().remove(path)
      else if (before?.hash !== content.known.hash || before.mode !== content.known.mode)
        await begun().write(path, content.known.mode, content.bytes)
    }
    return { tree: await importer?.finish(snapshot.manifest), updates }
  } catch (error) {
    stop.abort()
    throw error
  }
}

function noteUnreadable(leftOut: LeftOut, path: BytePath): void {
  leftOut.add(path, 'could not be read')
}
