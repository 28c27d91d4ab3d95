import { folderOf, type TreeRow } from './tree-rows.ts'

/** What a key does in the tree. */
export type KeyStep =
  | { readonly do: 'select' | 'move' | 'remove'; readonly path: string }
  | { readonly do: 'toggle'; readonly path: string; readonly open: boolean }
  | { readonly do: 'activate' }

/** What a key means where `at` is the line that is chosen, -1 for none; undefined for keys of no meaning there. */
export function keyStep(key: string, rows: readonly TreeRow[], at: number): KeyStep | undefined {
  const row = rows[at]
  const path = row?.kind === 'entry' ? row.entry.path : undefined
  const isOpen = row?.kind === 'entry' ? row.isOpen : undefined
  switch (key) {
    case 'ArrowDown':
      return selected(rows.slice(at + 1).find(isEntry))
    case 'ArrowUp':
      return selected(rows.slice(0, Math.max(0, at)).findLast(isEntry))
    case 'Home':
      return selected(rows.find(isEntry))
    case 'End':
      return selected(rows.findLast(isEntry))
    case 'ArrowRight':
      if (path !== undefined && isOpen === false) return { do: 'toggle', path, open: true }
      return isOpen ? selected(rows[at + 1]) : undefined
    case 'ArrowLeft':
      if (path !== undefined && isOpen) return { do: 'toggle', path, open: false }
      return path?.includes('/') ? { do: 'select', path: folderOf(path) } : undefined
    case 'Enter':
    case ' ':
      return path === undefined ? undefined : { do: 'activate' }
    case 'F2':
      return path === undefined ? undefined : { do: 'move', path }
    case 'Delete':
      return path === undefined ? undefined : { do: 'remove', path }
    default:
      return undefined
  }
}

function isEntry(row: TreeRow): boolean {
  return row.kind === 'entry'
}

function selected(row: TreeRow | undefined): KeyStep | undefined {
  return row?.kind === 'entry' ? { do: 'select', path: row.entry.path } : undefined
}
