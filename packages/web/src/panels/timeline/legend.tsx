import type { JSX } from 'react'
import { timelineText as words } from '../../text.ts'
import { duration } from '../../ui/format.ts'
import { colours } from './bar.tsx'
import type { Phase, Timeline } from './steps.ts'

const phases: readonly Phase[] = ['model', 'tool', 'waiting']

/** What the colours of the bars mean, with the whole time of each. */
export function Legend({ timeline: { totals } }: { timeline: Pick<Timeline, 'totals'> }): JSX.Element {
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {phases.map(phase => (
        <div key={phase} className="flex items-center gap-1.5">
          <dt className="flex items-center gap-1.5 text-muted">
            <span
              aria-hidden="true"
              className={`inline-block size-3 rounded-sm forced-color-adjust-none ${colours[phase]}`}
            />
            {words.phases[phase]}
          </dt>
          <dd className="font-medium tabular-nums">{duration(totals[phase])}</dd>
        </div>
      ))}
    </dl>
  )
}
