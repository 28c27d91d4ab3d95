import { type CheckpointInfo, type Conversation, isRunning } from '@openhands/protocol'
import { type JSX, useState } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import { problemOf } from '../../store/problem.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { useStart } from '../../store/use-start.ts'
import { fileText } from '../../text.ts'
import { Asleep } from '../../ui/asleep.tsx'
import { Button } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Wait } from '../../ui/wait.tsx'
import { RestoreDialog } from './restore-dialog.tsx'
import { RestoredNotice } from './restored-notice.tsx'
import { timeOf } from './toolbar.tsx'
import { useCheckpoints } from './use-checkpoints.ts'
import { useRestore } from './use-restore.ts'

const words = fileText.checkpoints

interface CheckpointsViewProps {
  readonly session: string
  readonly calls: SessionCalls
  readonly onCompare: (checkpoint: string) => void
}

/** The states that the workspace can be brought back to, newest first. */
export function CheckpointsView({ session, calls, onCompare }: CheckpointsViewProps): JSX.Element {
  const [asked, setAsked] = useState<CheckpointInfo>()
  const busy = useConversation(view => isBusy(view.state))
  const start = useStart(session, calls.sandbox)
  const restoring = useRestore(session, calls.changes)
  const { data, error, refetch } = useCheckpoints(session, calls.changes)
  const problem = problemOf(error)
  const retry = (): void => {
    refetch().catch(() => undefined) // shown as the problem
  }
  if (!data) {
    if (problem === undefined) return <Wait />
    return (
      <div className="p-4">
        <Failure problem={problem} onRetry={retry} />
      </div>
    )
  }
  if (!data.running) return <Asleep lead={fileText.asleep} {...start} />
  return (
    <div className="quiet-scroll flex h-full flex-col gap-3 p-4 text-sm">
      {restoring.done && <RestoredNotice restoring={restoring} busy={busy} />}
      {busy && data.checkpoints.length > 0 && <Notice tone="info">{words.atWork}</Notice>}
      <p className="text-muted">{data.checkpoints.length === 0 ? words.empty : words.lead}</p>
      <ul className="flex flex-col gap-1">
        {data.checkpoints.map(each => (
          <li key={each.id} className="flex flex-wrap items-center gap-2 rounded-lg border border-line px-3 py-2">
            <div className="min-w-0 flex-1 basis-48">
              <p className="truncate" title={each.label}>
                <bdi>{each.label}</bdi>
              </p>
              <time className="text-xs text-muted" dateTime={new Date(each.taken).toISOString()}>
                {timeOf(each.taken)}
              </time>
            </div>
            <div className="flex gap-2">
              <Button small aria-label={`${words.compare}: ${each.label}`} onClick={() => onCompare(each.id)}>
                {words.compare}
              </Button>
              <Button
                small
                disabled={busy || restoring.isPending}
                aria-label={`${words.restore}: ${each.label}`}
                onClick={() => setAsked(each)}
              >
                {words.restore}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {asked && (
        <RestoreDialog checkpoint={asked} restoring={restoring} busy={busy} onClose={() => setAsked(undefined)} />
      )}
    </div>
  )
}

/** True while the agent acts, or something that it has begun has not ended; the server looks again. */
function isBusy(state: Conversation): boolean {
  return isRunning(state) || state.open.some(({ approval }) => approval === 'free' || approval === 'given')
}
