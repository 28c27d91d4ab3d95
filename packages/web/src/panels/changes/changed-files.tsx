import { useVirtualizer } from '@tanstack/react-virtual'
import { type JSX, useRef } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import { fileText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FileMark } from '../../ui/file-mark.tsx'
import { useKept } from '../../ui/use-kept.ts'
import { Wait } from '../../ui/wait.tsx'
import { FileComparison } from './file-comparison.tsx'
import { NoChanges } from './no-changes.tsx'
import type { ChangesView } from './use-changes.ts'

interface ChangedFilesProps {
  readonly session: string
  readonly calls: SessionCalls
  readonly against: string
  readonly onAgainst: (against: string) => void
  readonly changes: ChangesView
}

const words = fileText.changes

/** The list of what differs; beside it, or in its place where there is no room, the file that was chosen. */
export function ChangedFiles({ session, calls, against, onAgainst, changes }: ChangedFilesProps): JSX.Element {
  const [chosen, setChosen] = useKept<string | undefined>(`${session} changes file`, undefined)
  const { state, files, problem } = changes
  const at = files.findIndex(({ path }) => path === chosen)
  const file = files[at]
  if (problem !== undefined && state === undefined)
    return (
      <div className="p-4">
        <Failure problem={problem} onRetry={changes.retry} />
      </div>
    )
  if (state === undefined) return <Wait />
  if (files.length === 0 || state === 'not_running' || state === 'no_repository')
    return <NoChanges session={session} calls={calls} state={state} against={against} onAgainst={onAgainst} />
  return (
    <div className="flex h-full min-h-0">
      <div
        className={`h-full min-w-0 flex-col ${file ? 'hidden w-72 shrink-0 border-r border-line @3xl:flex' : 'flex flex-1'}`}
      >
        <FileList changes={changes} chosen={file?.path} onChoose={setChosen} />
      </div>
      {file && (
        <FileComparison
          key={file.path}
          session={session}
          calls={calls.changes}
          file={file}
          against={against}
          onBack={() => setChosen(undefined)}
          onPrevious={files[at - 1] && (() => setChosen(files[at - 1]?.path))}
          onNext={files[at + 1] && (() => setChosen(files[at + 1]?.path))}
        />
      )}
    </div>
  )
}

interface FileListProps {
  readonly changes: ChangesView
  readonly chosen: string | undefined
  readonly onChoose: (path: string) => void
}

const ROW = 36

function FileList({ changes, chosen, onChoose }: FileListProps): JSX.Element {
  const { files, hasMore, branch, state } = changes
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  })
  return (
    <>
      <p className="shrink-0 px-4 pt-2 pb-1 text-xs text-muted">
        {state === 'no_commits' ? words.noCommits : words.count(files.length, hasMore)}
        {branch !== '' && ` · ${words.branch(branch)}`}
      </p>
      <div ref={scroller} className="quiet-scroll min-h-0 flex-1 px-2 pb-2">
        <ul aria-label={words.list} className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const file = files[index]
            if (!file) return null
            return (
              <li
                key={file.path}
                aria-setsize={files.length}
                aria-posinset={index + 1}
                className="absolute inset-x-0"
                style={{ transform: `translateY(${start}px)` }}
              >
                <button
                  type="button"
                  aria-current={file.path === chosen}
                  className={`flex h-9 w-full items-center gap-2 rounded-lg px-2 text-left text-sm hover:bg-sunken focus-visible:-outline-offset-2 ${file.path === chosen ? 'bg-sunken' : ''}`}
                  onClick={() => onChoose(file.path)}
                >
                  <FileMark kind={file.kind} />
                  <PathText path={file.path} />
                  {file.staged && <span className="ml-auto shrink-0 text-xs text-muted">{words.staged}</span>}
                </button>
              </li>
            )
          })}
        </ul>
        {hasMore && (
          <Button small className="mt-2 ml-2" disabled={changes.isLoading} onClick={changes.loadMore}>
            {words.more}
          </Button>
        )}
      </div>
    </>
  )
}

/** The name first, which is what people look for; the folder may be cut. */
function PathText({ path }: { path: string }): JSX.Element {
  const cut = path.lastIndexOf('/') + 1
  return (
    <span title={path} className="flex min-w-0 items-baseline gap-2">
      <bdi className="max-w-full shrink-0 truncate">{path.slice(cut)}</bdi>
      <bdi className="truncate text-xs text-muted">{path.slice(0, Math.max(0, cut - 1))}</bdi>
    </span>
  )
}
