import { isUtf8 } from 'node:buffer'
import { isDraft } from './draft.ts'
import type { Folder } from './folder.ts'
import { openEntries } from './folder-entries.ts'

/** Folders in folders that are followed. */
const depthLimit = 200

/** Something in a tree; `folder` holds it and is open until the next is asked for. */
export interface Found {
  readonly folder: Folder
  readonly name: string
  /** Relative to the top of the tree. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
}

/**
 * Everything below a folder, as it comes, in memory that does not grow with it; a link is never followed.
 * Calls `leaveOut` with what has no readable name, is no file, folder or link, or cannot be looked into.
 */
export async function* walkTree(
  folder: Folder,
  leaveOut: (path: string) => void,
  prefix = '',
  depth = 0,
): AsyncGenerator<Found, void> {
  const folders: string[] = []
  try {
    for await (const entry of await openEntries(folder)) {
      const name = entry.name.toString('utf8')
      const path = prefix + name
      if (isDraft(name)) continue
      if (!isUtf8(entry.name)) leaveOut(path)
      else if (entry.isDirectory()) folders.push(name)
      else if (entry.isFile()) yield { folder, name, path, kind: 'file' }
      else if (entry.isSymbolicLink()) yield { folder, name, path, kind: 'link' }
      else leaveOut(path)
    }
  } catch {
    leaveOut(prefix)
  }
  for (const name of folders) {
    const path = prefix + name
    const inner = depth < depthLimit ? await folder.enter(name).catch(() => undefined) : undefined
    if (inner === undefined) {
      leaveOut(`${path}/`)
      continue
    }
    await using held = inner
    yield { folder, name, path, kind: 'folder' }
    yield* walkTree(held, leaveOut, `${path}/`, depth + 1)
  }
}
