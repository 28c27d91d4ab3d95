import { type JSX, lazy, Suspense, useState } from 'react'
import { fileText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Wait } from '../../ui/wait.tsx'
import type { FileView } from './use-file.ts'

const DiffView = lazy(async () => ({ default: (await import('../../ui/code/diff-view.tsx')).DiffView }))

interface ConflictNoticeProps {
  readonly path: string
  readonly file: FileView
  /** The text as it is in the workspace. */
  readonly theirs: string
  readonly mine: () => string
  readonly onDiscard: () => void
}

const words = fileText.files

/** Two have changed one file: says so, and lets the reader look at both and choose one. */
export function ConflictNotice({ path, file, theirs, mine, onDiscard }: ConflictNoticeProps): JSX.Element {
  const [compared, setCompared] = useState<string>()
  const { content, isRefused, isSaving } = file
  const isGone = content === null
  const overwrite = (): void => file.save(content ? { version: content.version } : 'none')
  return (
    <div className="shrink-0 p-3">
      <Notice tone="warn" alert>
        <p>{isGone ? `${words.gone} ${words.goneHint}` : isRefused ? words.conflict : words.changedMeanwhile}</p>
        <div className="mt-2 flex flex-wrap gap-2">
          {!isGone && (
            <Button small icon="diff" onClick={() => setCompared(mine())}>
              {words.compareBoth}
            </Button>
          )}
          {!isGone && (
            <Button small onClick={onDiscard}>
              {words.takeTheirs}
            </Button>
          )}
          <Button small disabled={isSaving} onClick={overwrite}>
            {isGone ? words.save : words.keepMine}
          </Button>
        </div>
      </Notice>
      {compared !== undefined && (
        <Dialog title={words.compareTitle(path)} wide onClose={() => setCompared(undefined)}>
          <div className="h-[60vh]">
            <Suspense fallback={<Wait />}>
              <DiffView
                path={path}
                before={theirs}
                after={compared}
                split={false}
                labels={[words.theirs, words.mine]}
              />
            </Suspense>
          </div>
        </Dialog>
      )}
    </div>
  )
}
