import type { Changes } from '@openhands/protocol'
import type { JSX, ReactNode } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import { useStart } from '../../store/use-start.ts'
import { fileText } from '../../text.ts'
import { Asleep } from '../../ui/asleep.tsx'
import { Button } from '../../ui/button.tsx'

interface NoChangesProps {
  readonly session: string
  readonly calls: SessionCalls
  readonly state: Changes['state']
  readonly against: string
  readonly onAgainst: (against: string) => void
}

const words = fileText.changes

/** Why there is nothing to list: each reason is a state of its own, and no failure (P47). */
export function NoChanges({ session, calls, state, against, onAgainst }: NoChangesProps): JSX.Element {
  const start = useStart(session, calls.sandbox)
  switch (state) {
    case 'not_running':
      return <Asleep lead={fileText.asleep} {...start} />
    case 'no_repository':
      return (
        <Empty lead={words.noRepository} hint={words.noRepositoryHint}>
          <Button onClick={() => onAgainst('start')}>{words.useStart}</Button>
        </Empty>
      )
    case 'no_checkpoint':
      return against === 'start' ? (
        <Empty lead={words.noCheckpoint} />
      ) : (
        <Empty lead={words.noCheckpointKept}>
          <Button onClick={() => onAgainst('start')}>{words.useStart}</Button>
        </Empty>
      )
    case 'no_commits':
      return <Empty lead={words.noCommits} />
    case 'ready':
      return <Empty lead={against === 'head' ? words.sameHead : words.same} />
  }
}

function Empty({ lead, hint, children }: { lead: string; hint?: string; children?: ReactNode }): JSX.Element {
  return (
    <div role="status" className="flex flex-col items-start gap-3 p-4 text-sm">
      <p>{lead}</p>
      {hint !== undefined && <p className="text-muted">{hint}</p>}
      {children}
    </div>
  )
}
