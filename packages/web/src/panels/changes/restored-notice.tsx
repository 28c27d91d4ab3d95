import type { JSX } from 'react'
import { fileText, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { Restoring } from './use-restore.ts'

const words = fileText.checkpoints
const MOST_NAMED = 20

/** What came of going back, and the way back from there. */
export function RestoredNotice({ restoring, busy }: { restoring: Restoring; busy: boolean }): JSX.Element | null {
  const { done, problem } = restoring
  if (!done) return null
  return (
    <Notice tone="good">
      <p role="status">{words.done}</p>
      {done.left_out.length > 0 && (
        <>
          <p className="mt-2">{words.leftOut}</p>
          <ul className="list-disc pl-5 break-all">
            {done.left_out.slice(0, MOST_NAMED).map(path => (
              <li key={path}>{path}</li>
            ))}
            {done.left_out.length > MOST_NAMED && (
              <li>{fileText.transfers.andMore(done.left_out.length - MOST_NAMED)}</li>
            )}
          </ul>
        </>
      )}
      {problem !== undefined && <Failure problem={problem} />}
      <div className="mt-2 flex gap-2">
        <Button small disabled={busy || restoring.isPending} onClick={() => restoring.go(done.before, () => undefined)}>
          {words.undo}
        </Button>
        <Button small kind="quiet" onClick={restoring.forget}>
          {text.common.close}
        </Button>
      </div>
    </Notice>
  )
}
