import { type JSX, useState } from 'react'
import type { FileCalls } from '../../api/files.ts'
import { useCommands } from '../../store/commands.ts'
import { fileText, text } from '../../text.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { bytes } from '../../ui/format-bytes.ts'
import { Notice } from '../../ui/notice.tsx'
import { Wait } from '../../ui/wait.tsx'
import { BinaryView } from './binary-view.tsx'
import { draftKey, keepDraft } from './drafts.ts'
import { DrawingView } from './drawing-view.tsx'
import { EditedText } from './edited-text.tsx'
import { isDrawing } from './file-kind.ts'
import { MediaView } from './media-view.tsx'
import { PictureView } from './picture-view.tsx'
import { type FileView, useFile } from './use-file.ts'

interface OpenFileProps {
  readonly session: string
  readonly calls: FileCalls
  readonly path: string
  readonly onClose: () => void
  readonly onDownload: (path: string) => void
}

const words = fileText.files

/** A file: edited, looked at, or only offered for download, as its content allows. */
export function OpenFile({ session, calls, path, onClose, onDownload }: OpenFileProps): JSX.Element {
  const file = useFile(session, calls, path)
  const discard = (): void => keepDraft(draftKey(session, path), undefined)
  const [drawn, setDrawn] = useState(false)
  const canDraw = file.kind?.kind === 'text' && !file.draft && isDrawing(file.kind.text)
  const canSave = file.draft !== undefined && !file.isSaving
  useCommands(
    canSave ? [{ id: 'save-file', name: `${text.common.save}: ${path}`, keys: 'Mod+S', run: () => file.save() }] : [],
  )
  return (
    <section aria-label={path} className="flex h-full min-w-0 flex-1 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
        <IconButton icon="back" label={words.close} onClick={onClose} />
        <h2 title={path} className="min-w-0 flex-1 truncate text-sm font-medium">
          <bdi>{path}</bdi>
        </h2>
        {canDraw && (
          <Button small onClick={() => setDrawn(!drawn)}>
            {drawn ? words.asText : words.asPicture}
          </Button>
        )}
        {file.draft && <span className="px-1 text-xs font-medium text-warn max-sm:sr-only">{words.unsaved}</span>}
        {file.draft && <IconButton icon="undo" label={words.revert} onClick={discard} />}
        {file.draft && (
          <Button small kind="main" disabled={!canSave} onClick={() => file.save()}>
            {file.isSaving ? <span role="status">{words.saving}</span> : words.save}
          </Button>
        )}
        <IconButton icon="download" label={words.download} onClick={() => onDownload(path)} />
      </div>
      {file.saveProblem !== undefined && (
        <div className="p-3">
          <Failure problem={file.saveProblem} />
        </div>
      )}
      <div className="min-h-0 flex-1">
        <Content
          session={session}
          path={path}
          file={file}
          asPicture={canDraw && drawn}
          onDiscard={discard}
          onDownload={() => onDownload(path)}
        />
      </div>
    </section>
  )
}

interface ContentProps {
  readonly session: string
  readonly path: string
  readonly file: FileView
  /** Whether a text that is a drawing is to be shown as one. */
  readonly asPicture: boolean
  readonly onDiscard: () => void
  readonly onDownload: () => void
}

function Content({ session, path, file, asPicture, onDiscard, onDownload }: ContentProps): JSX.Element {
  const { content, kind, problem, draft } = file
  if (content === undefined) {
    if (problem === undefined) return <Wait />
    return (
      <div className="p-4">
        <Failure problem={problem} onRetry={file.retry} />
      </div>
    )
  }
  if (asPicture && kind?.kind === 'text') return <DrawingView path={path} text={kind.text} />
  if (draft || kind?.kind === 'text')
    return <EditedText session={session} path={path} file={file} onDiscard={onDiscard} onDownload={onDownload} />
  if (!content || !kind)
    return (
      <div className="p-4">
        <Notice tone="warn">{words.gone}</Notice>
      </div>
    )
  if (kind.kind === 'picture') return <PictureView path={path} bytes={content.bytes} type={kind.type} />
  if (kind.kind === 'sound' || kind.kind === 'film')
    return <MediaView kind={kind.kind} path={path} bytes={content.bytes} type={kind.type} />
  const what = kind.kind === 'pdf' ? 'pdf' : kind.what
  return <BinaryView what={what} bytes={content.bytes} size={bytes(content.size)} onDownload={onDownload} />
}
