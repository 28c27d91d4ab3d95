import type { JSX } from 'react'
import { partsOf } from './scale.ts'
import type { Phase, Times } from './steps.ts'

/** A colour for each part of a bar; the words that say the same stand beside it. */
export const colours: Record<Phase, string> = {
  model: 'bg-accent',
  tool: 'bg-info',
  waiting: 'border border-strong-line bg-sunken',
}

/** The times of a step as a bar; it is read as words beside it. */
export function Bar({ times, scale }: { times: Times; scale: number }): JSX.Element {
  const parts = partsOf(times, scale)
  const phases: readonly Phase[] = ['model', 'tool', 'waiting']
  return (
    <span aria-hidden="true" className="flex h-2 w-full gap-px">
      {phases.map(
        phase =>
          parts[phase] > 0 && (
            <span
              key={phase}
              className={`rounded-sm forced-color-adjust-none ${colours[phase]}`}
              style={{ width: `${parts[phase]}%` }}
            />
          ),
      )}
    </span>
  )
}
