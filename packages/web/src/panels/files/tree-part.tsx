import type { JSX } from 'react'
import { fileText } from '../../text.ts'
import { draftKey, useDraftKeys } from './drafts.ts'
import type { Asking } from './file-dialogs.tsx'
import type { Chosen } from './files-toolbar.tsx'
import { TreeView } from './tree-view.tsx'
import type { TreeView as Tree } from './use-tree.ts'
import type { Uploads } from './use-uploads.ts'

interface TreePartProps {
  readonly session: string
  readonly tree: Tree
  readonly uploads: Uploads
  readonly chosen: Chosen | undefined
  readonly onChoose: (path: string, isFolder: boolean) => void
  readonly onOpen: (path: string) => void
  readonly onAsk: (asking: Asking) => void
}

/** The tree, onto which files can be dropped. */
export function TreePart(props: TreePartProps): JSX.Element {
  const { session, tree, uploads, chosen, onChoose, onOpen, onAsk } = props
  const drafts = useDraftKeys()
  const isFolder = (path: string): boolean =>
    tree.rows.some(row => row.kind === 'entry' && row.entry.path === path && row.isOpen !== undefined)
  const { over } = uploads
  return (
    <div className="relative min-h-0 flex-1" {...uploads.target}>
      <TreeView
        rows={tree.rows}
        selected={chosen?.path}
        isDraft={path => drafts.has(draftKey(session, path))}
        onSelect={path => onChoose(path, isFolder(path))}
        onOpen={onOpen}
        onToggle={tree.toggle}
        onMove={path => onAsk({ kind: 'move', path })}
        onRemove={path => onAsk({ kind: 'remove', path, isFolder: isFolder(path) })}
      />
      {over !== undefined && (
        <p className="pointer-events-none absolute inset-x-2 bottom-2 rounded-lg border-2 border-dashed border-accent bg-accent-soft p-3 text-center text-sm">
          {fileText.files.drop(over === '' ? fileText.files.workspace : over)}
        </p>
      )}
    </div>
  )
}
