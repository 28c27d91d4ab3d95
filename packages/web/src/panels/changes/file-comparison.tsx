import type { ChangeInfo, FileDiff } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import { type JSX, lazy, Suspense } from 'react'
import type { ChangeCalls } from '../../api/changes.ts'
import { problemOf } from '../../store/problem.ts'
import { fileText } from '../../text.ts'
import { IconButton } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FileMark } from '../../ui/file-mark.tsx'
import { useKept } from '../../ui/use-kept.ts'
import { Wait } from '../../ui/wait.tsx'
import { sayOf } from './say-of.ts'

const DiffView = lazy(async () => ({ default: (await import('../../ui/code/diff-view.tsx')).DiffView }))

interface FileComparisonProps {
  readonly session: string
  readonly calls: ChangeCalls
  readonly file: ChangeInfo
  readonly against: string
  readonly onBack: () => void
  readonly onPrevious: (() => void) | undefined
  readonly onNext: (() => void) | undefined
}

const words = fileText.changes

/** One file, before and now. */
export function FileComparison(props: FileComparisonProps): JSX.Element {
  const { session, calls, file, against, onBack, onPrevious, onNext } = props
  const [split, setSplit] = useKept('changes split', false)
  const { data, error, refetch } = useQuery({
    queryKey: [session, 'changes', 'diff', against, file.path, file.from],
    queryFn: ({ signal }) => calls.diff(file, against, signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  })
  const problem = problemOf(error)
  const retry = (): void => {
    refetch().catch(() => undefined) // shown as the problem
  }
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
        <IconButton icon="back" label={words.back} onClick={onBack} />
        <FileMark kind={file.kind} />
        <h2 title={file.path} className="min-w-0 flex-1 truncate text-sm font-medium">
          <bdi>{file.path}</bdi>
          {file.from !== undefined && <span className="ml-2 text-xs text-muted">{words.from(file.from)}</span>}
        </h2>
        <IconButton
          icon={split ? 'menu' : 'columns'}
          label={split ? words.unified : words.split}
          onClick={() => setSplit(!split)}
        />
        <IconButton icon="up" label={words.previous} disabled={!onPrevious} onClick={onPrevious} />
        <IconButton icon="down" label={words.next} disabled={!onNext} onClick={onNext} />
      </div>
      <div className="min-h-0 flex-1">
        {data ? (
          <Suspense fallback={<Wait />}>
            <Compared diff={data} split={split} />
          </Suspense>
        ) : problem === undefined ? (
          <Wait />
        ) : (
          <div className="p-4">
            <Failure problem={problem} onRetry={retry} />
          </div>
        )}
      </div>
    </div>
  )
}

function Compared({ diff, split }: { diff: FileDiff; split: boolean }): JSX.Element {
  const { path, before, after } = diff
  const said = sayOf(diff)
  const isText =
    (before.kind === 'text' || before.kind === 'absent') && (after.kind === 'text' || after.kind === 'absent')
  const hasLines = isText && before.text !== after.text
  return (
    <div className="flex h-full flex-col">
      {said !== undefined && (
        <p role="status" className="shrink-0 px-4 py-2 text-sm text-muted">
          {said}
        </p>
      )}
      {hasLines && (
        <div className="min-h-0 flex-1">
          <DiffView
            path={path}
            before={before.text}
            after={after.text}
            split={split && before.kind === 'text' && after.kind === 'text'}
            labels={[words.before(path), words.after(path)]}
          />
        </div>
      )}
    </div>
  )
}
