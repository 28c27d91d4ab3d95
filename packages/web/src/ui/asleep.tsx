import type { JSX } from 'react'
import { live } from '../text.ts'
import { Button } from './button.tsx'
import { Empty } from './empty.tsx'
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
    <Empty icon="play">
      <h2 className="font-semibold text-ink">{live.asleep.title}</h2>
      <p className="mt-1 mb-3">{lead}</p>
      {problem !== undefined && (
        <div className="mb-3 text-ink">
          <Notice tone="bad" alert>
            {problem}
          </Notice>
        </div>
      )}
      <Button kind="main" icon="play" disabled={starting} onClick={onStart}>
        {starting ? <span role="status">{live.asleep.starting}</span> : live.asleep.start}
      </Button>
    </Empty>
  )
}
