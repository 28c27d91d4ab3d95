import type { JSX } from 'react'
import { fileText } from '../../text.ts'
import { IconButton } from '../../ui/button.tsx'
import type { Asking } from './file-dialogs.tsx'
import { folderOf } from './tree-rows.ts'

const words = fileText.files

/** What is chosen in the tree. */
export interface Chosen {
  readonly path: string
  readonly isFolder: boolean
}

interface FilesToolbarProps {
  readonly chosen: Chosen | undefined
  readonly isLoading: boolean
  readonly onAsk: (asking: Asking) => void
  readonly onUpload: (folder: string) => void
  /** A file, or the whole workspace. */
  readonly onDownload: (path: string | undefined) => void
  readonly onRefresh: () => void
}

/** What can be done to the workspace, and to what is chosen in it. */
export function FilesToolbar(props: FilesToolbarProps): JSX.Element {
  const { chosen, isLoading, onAsk, onUpload, onDownload, onRefresh } = props
  const folder = chosen ? (chosen.isFolder ? chosen.path : folderOf(chosen.path)) : ''
  return (
    <div className="shrink-0 border-b border-line px-2 py-1">
      <div className="flex items-center gap-0.5">
        <IconButton icon="new-file" label={words.newFile} onClick={() => onAsk({ kind: 'new-file', folder })} />
        <IconButton icon="new-folder" label={words.newFolder} onClick={() => onAsk({ kind: 'new-folder', folder })} />
        <IconButton icon="upload" label={words.upload} onClick={() => onUpload(folder)} />
        <IconButton icon="download" label={words.downloadAll} onClick={() => onDownload(undefined)} />
        <IconButton
          icon="reload"
          label={words.refresh}
          className={`ml-auto ${isLoading ? 'breathing' : ''}`}
          onClick={onRefresh}
        />
      </div>
      {chosen && (
        <fieldset className="flex items-center gap-0.5">
          <legend className="sr-only">{words.forSelected(chosen.path)}</legend>
          <p title={chosen.path} className="min-w-0 flex-1 truncate px-2 text-xs text-muted">
            <bdi>{chosen.path}</bdi>
          </p>
          {!chosen.isFolder && (
            <IconButton icon="download" label={words.download} onClick={() => onDownload(chosen.path)} />
          )}
          <IconButton icon="edit" label={words.move} onClick={() => onAsk({ kind: 'move', path: chosen.path })} />
          <IconButton icon="trash" label={words.remove} onClick={() => onAsk({ kind: 'remove', ...chosen })} />
        </fieldset>
      )}
    </div>
  )
}
