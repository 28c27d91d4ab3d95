import { useVirtualizer } from '@tanstack/react-virtual'
import { type JSX, type KeyboardEvent, useEffect, useId, useRef } from 'react'
import { fileText } from '../../text.ts'
import { FileMark } from '../../ui/file-mark.tsx'
import { Icon } from '../../ui/icon.tsx'
import { keyStep } from './key-step.ts'
import { folderOf, isFolder, type Note, type TreeRow } from './tree-rows.ts'

interface TreeViewProps {
  readonly rows: readonly TreeRow[]
  readonly selected: string | undefined
  /** Files that were changed here and not saved. */
  readonly isDraft: (path: string) => boolean
  readonly onSelect: (path: string) => void
  readonly onOpen: (path: string) => void
  readonly onToggle: (path: string, open: boolean) => void
  readonly onMove: (path: string) => void
  readonly onRemove: (path: string) => void
}

const ROW = 32
const words = fileText.files

/** The tree of files, to be walked with the arrow keys; only what is in view is drawn. */
export function TreeView(props: TreeViewProps): JSX.Element {
  const { rows, selected, onSelect, onOpen, onToggle } = props
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const at = rows.findIndex(row => row.kind === 'entry' && row.entry.path === selected)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: index => keyOf(rows[index], index),
  })
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at)
  }, [at, virtual])
  const activate = (row: TreeRow | undefined): void => {
    if (row?.kind !== 'entry') return
    onSelect(row.entry.path)
    if (row.isOpen !== undefined) onToggle(row.entry.path, !row.isOpen)
    else if (row.entry.kind !== 'other') onOpen(row.entry.path)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = keyStep(event.key, rows, at)
    if (!step) return
    event.preventDefault()
    if (step.do === 'select') onSelect(step.path)
    else if (step.do === 'toggle') onToggle(step.path, step.open)
    else if (step.do === 'activate') activate(rows[at])
    else if (step.do === 'move') props.onMove(step.path)
    else props.onRemove(step.path)
  }
  return (
    <div
      ref={scroller}
      role="tree"
      aria-label={words.tree}
      tabIndex={0}
      aria-activedescendant={at < 0 ? undefined : `${id}-${at}`}
      className="group quiet-scroll h-full px-1 py-1 focus-visible:outline-none"
      onKeyDown={onKey}
    >
      <div role="none" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index]
          if (!row) return null
          const place = {
            height: ROW,
            transform: `translateY(${start}px)`,
            paddingLeft: (row.kind === 'note' ? 30 : 8) + (row.depth - 1) * 14,
          }
          const look = 'absolute inset-x-0 flex items-center gap-1.5 rounded-lg pr-2 text-sm'
          if (row.kind === 'note')
            return (
              <div key={key} role="none" className={`${look} text-muted italic`} style={place}>
                {noteText(row.note, row.depth)}
              </div>
            )
          return (
            // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its item
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys
            <div
              key={key}
              id={`${id}-${index}`}
              role="treeitem"
              aria-level={row.depth}
              aria-setsize={row.count}
              aria-posinset={row.position}
              aria-expanded={row.isOpen}
              aria-selected={index === at}
              data-folder={row.isOpen === undefined ? folderOf(row.entry.path) : row.entry.path}
              className={`${look} cursor-pointer ${index === at ? 'bg-sunken group-focus-visible:outline-2 group-focus-visible:-outline-offset-2 group-focus-visible:outline-accent' : 'hover:bg-sunken/60'}`}
              style={place}
              onClick={() => activate(row)}
            >
              <RowFace row={row} isDraft={props.isDraft(row.entry.path)} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function RowFace({ row, isDraft }: { row: Extract<TreeRow, { kind: 'entry' }>; isDraft: boolean }): JSX.Element {
  const { entry, isOpen } = row
  return (
    <>
      <Icon
        name="chevron"
        className={`size-3 text-muted ${isOpen === undefined ? 'invisible' : isOpen ? 'rotate-90' : ''}`}
      />
      <Icon name={isFolder(entry) ? 'folder' : 'file'} className="size-4 text-muted" />
      <bdi className="truncate">{entry.name}</bdi>
      {entry.kind === 'link' && <span className="text-xs text-muted">{words.link}</span>}
      <span className="ml-auto flex items-center gap-1">
        {isDraft && <span className="text-xs font-medium text-warn">{words.unsaved}</span>}
        {entry.git && <FileMark kind={entry.git} />}
      </span>
    </>
  )
}

function keyOf(row: TreeRow | undefined, index: number): string | number {
  if (!row) return index
  return row.kind === 'entry' ? `e${row.entry.path}` : `n${row.path}`
}

function noteText(note: Note, depth: number): string {
  if (typeof note === 'number') return words.leftOut(note)
  if (note === 'empty') return depth === 1 ? words.empty : words.emptyFolder
  return note === 'loading' ? words.loading : words.unlisted
}
