import type { JSX } from 'react'
import { live } from '../text-live.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

interface AsleepProps {
  /** What there would be to see. */
  readonly lead: string
  readonly starting: boolean
  /** Why it could not be started. */
  readonly problem: string | undefined
  readonly onStart: () => void
}

/** No sandbox runs: says so, and offers to start it. */
export function Asleep({ lead, starting, problem, onStart }: AsleepProps): JSX.Element {
  return (
    <div className="flex flex-col items-start gap-3 p-4 text-sm">
      <h3 className="font-semibold">{live.asleep.title}</h3>
      <p className="text-muted">{lead}</p>
      {problem !== undefined && (
        <Notice tone="bad" alert>
          {problem}
        </Notice>
      )}
      <Button kind="main" icon="play" disabled={starting} onClick={onStart}>
        {starting ? <span role="status">{live.asleep.starting}</span> : live.asleep.start}
      </Button>
    </div>
  )
}
