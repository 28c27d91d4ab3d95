import type { TreeEntry, TreeLevel } from '@openhands/protocol'

/** A line of the tree as it is drawn. */
export type TreeRow =
  | {
      readonly kind: 'entry'
      readonly entry: TreeEntry
      /** From 1. */
      readonly depth: number
      /** Undefined for what cannot be opened. */
      readonly isOpen: boolean | undefined
      readonly position: number
      readonly count: number
    }
  | { readonly kind: 'note'; readonly path: string; readonly depth: number; readonly note: Note }

/** What is said in the place of entries; a number counts those that are not listed. */
export type Note = 'loading' | 'empty' | 'failed' | number

/** A level that has been asked for: its entries, or how that stands. */
export type Level = TreeLevel | 'loading' | 'failed'

/** The lines of a tree of which some folders are open. */
export function rowsOf(levels: ReadonlyMap<string, Level>, open: ReadonlySet<string>, path = '', depth = 1): TreeRow[] {
  const level = levels.get(path) ?? 'loading'
  const note = (what: Note): TreeRow => ({ kind: 'note', path, depth, note: what })
  if (typeof level === 'string') return [note(level)]
  const count = level.entries.length
  if (count === 0) return [note('empty')]
  const rows: TreeRow[] = []
  level.entries.forEach((entry, index) => {
    const isOpen = isFolder(entry) ? open.has(entry.path) : undefined
    rows.push({ kind: 'entry', entry, depth, isOpen, position: index + 1, count })
    if (isOpen) for (const row of rowsOf(levels, open, entry.path, depth + 1)) rows.push(row)
  })
  return level.left_out > 0 ? [...rows, note(level.left_out)] : rows
}

/** Whether something can be opened as a folder; a link to one can. */
export function isFolder({ kind, to }: Pick<TreeEntry, 'kind' | 'to'>): boolean {
  return kind === 'folder' || to === 'folder'
}

/** The folder that something is in; empty for the workspace. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** Whether a listing of a folder may have become another by changes below some paths: its own, or the marks of git in it. */
export function isTouched(
  folder: string,
  { paths, all }: { readonly paths: readonly string[]; readonly all: boolean },
): boolean {
  const isIn = (inner: string, outer: string): boolean =>
    outer === '' || inner === outer || inner.startsWith(`${outer}/`)
  return all || paths.some(path => isIn(path, folder) || isIn(folder, path))
}
