import type { Text } from '@codemirror/state'
import { type JSX, useMemo } from 'react'
import { fileText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { bytes } from '../../ui/format-bytes.ts'
import { Notice } from '../../ui/notice.tsx'
import { ConflictNotice } from './conflict-notice.tsx'
import { draftKey, draftOf, keepDraft } from './drafts.ts'
import { HEAD, MOST_EDITED } from './file-kind.ts'
import { docOf, separatorOf, textOf } from './line-ends.ts'
import { TextEditor } from './text-editor.tsx'
import type { FileView } from './use-file.ts'

interface EditedTextProps {
  readonly session: string
  readonly path: string
  readonly file: FileView
  readonly onDiscard: () => void
  readonly onDownload: () => void
}

const words = fileText.files

/** A text that can be edited; of one that is too long, its head to be read. */
export function EditedText({ session, path, file, onDiscard, onDownload }: EditedTextProps): JSX.Element {
  const { content, kind, draft } = file
  const text = kind?.kind === 'text' ? kind.text : ''
  const loaded = useMemo(() => {
    const separator = separatorOf(text)
    return { doc: docOf(text, separator), separator }
  }, [text])
  const isHead = content ? content.size > MOST_EDITED : false
  const key = draftKey(session, path)
  const onChange = (doc: Text): void => {
    const before = draftOf(key)
    const { version } = content ?? {}
    const base = before?.base ?? (version === undefined ? 'none' : { version })
    // As it was again: nothing is left to be saved, unless the file has become another one meanwhile.
    const isSame = doc.eq(loaded.doc) && !file.isStale
    keepDraft(key, isSame ? undefined : { doc, separator: before?.separator ?? loaded.separator, base })
  }
  const shown = draft ?? loaded
  return (
    <div className="flex h-full flex-col">
      {isHead && !draft && (
        <div className="shrink-0 p-3">
          <Notice tone="info">
            <p>{words.headOnly(bytes(HEAD), bytes(content?.size ?? 0))}</p>
            <Button small className="mt-2" icon="download" onClick={onDownload}>
              {words.download}
            </Button>
          </Notice>
        </div>
      )}
      {draft && file.isStale && (
        <ConflictNotice
          path={path}
          file={file}
          theirs={text}
          mine={() => textOf(draft.doc, draft.separator)}
          onDiscard={onDiscard}
        />
      )}
      <div className="min-h-0 flex-1">
        <TextEditor
          path={path}
          doc={shown.doc}
          separator={shown.separator}
          readOnly={isHead && !draft}
          onChange={onChange}
        />
      </div>
    </div>
  )
}
