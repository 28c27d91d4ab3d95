import type { Dirent, Stats } from 'node:fs'
import { lstat, opendir, realpath, stat } from 'node:fs/promises'
import { type Folder, openInnerFolder } from './folder.ts'
import type { Places } from './places.ts'

/** Entries that a listing may have, and names that are looked at to choose and order them; others are only counted. */
const entryLimit = 10_000
const nameLimit = 50_000
/** Entries that are looked at together. */
const atOnce = 32

/** See `FileEntry` in the ports. */
export interface FolderEntry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly size: number
  readonly changed: number
  /** What a link leads to; absent where that is nothing, or outside of the workspace. */
  readonly to?: 'file' | 'folder'
}

/** What is in a folder: folders first, then by name; `leftOut` counts what there is beyond the limit. Throws `Refusal`. */
export async function listFolder(
  places: Places,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly FolderEntry[]; readonly leftOut: number }> {
  await using folder = await openInnerFolder(places, path)
  const found: Dirent<Buffer>[] = []
  let count = 0
  for await (const entry of await openEntries(folder)) {
    signal.throwIfAborted()
    count++
    if (found.length < nameLimit) found.push(entry)
  }
  const rank = (entry: Dirent<Buffer>): number => (entry.isDirectory() ? 0 : 1)
  found.sort((one, other) => rank(one) - rank(other) || Buffer.compare(one.name, other.name))
  const root = await realpath(places.workspace)
  const entries: FolderEntry[] = []
  for (let at = 0; at < Math.min(found.length, entryLimit); at += atOnce) {
    signal.throwIfAborted()
    const some = found.slice(at, Math.min(at + atOnce, entryLimit))
    entries.push(
      ...(await Promise.all(some.map(entry => describe(folder, entry, root)))).filter(each => each !== undefined),
    )
  }
  return { entries, leftOut: count - Math.min(found.length, entryLimit) }
}

/** The entries of a folder as they come, names as bytes: not every name is UTF-8. */
export async function openEntries(folder: Folder): Promise<AsyncIterable<Dirent<Buffer>>> {
  // Node's types know names of directories as texts only.
  const options = { encoding: 'buffer', bufferSize: 256 } as unknown as { bufferSize: number }
  return (await opendir(folder.path, options)) as unknown as AsyncIterable<Dirent<Buffer>>
}

/** Undefined for an entry that is gone meanwhile. */
async function describe(folder: Folder, entry: Dirent<Buffer>, root: string): Promise<FolderEntry | undefined> {
  const place = Buffer.concat([Buffer.from(`${folder.path}/`), entry.name])
  const stats = await lstat(place).catch(() => undefined)
  if (stats === undefined) return undefined
  const kind = kindOf(stats)
  const to = kind === 'link' ? await targetOf(place, root) : undefined
  return {
    // What is no UTF-8 is shown with replacement characters, and can be reached by commands only.
    name: entry.name.toString('utf8'),
    kind,
    size: kind === 'file' ? stats.size : 0,
    changed: Math.floor(stats.mtimeMs),
    ...(to === undefined ? {} : { to }),
  }
}

function kindOf(stats: Stats): FolderEntry['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  return stats.isSymbolicLink() ? 'link' : 'other'
}

async function targetOf(place: Buffer, root: string): Promise<'file' | 'folder' | undefined> {
  const target = await realpath(place).catch(() => undefined)
  if (target === undefined || (target !== root && !target.startsWith(`${root}/`))) return undefined
  const stats = await stat(target).catch(() => undefined)
  return stats?.isDirectory() ? 'folder' : stats?.isFile() ? 'file' : undefined
}
