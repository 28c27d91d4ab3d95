import type { JSX } from 'react'
import { hrefOf } from '../../store/route.ts'
import { timelineText as words } from '../../text.ts'
import { dollars, duration, short } from '../../ui/format.ts'
import { Bar } from './bar.tsx'
import type { Step } from './steps.ts'

/** Waits that are shorter are no waits: the log was only being written. */
const SHORTEST_WAIT = 1_000

/** One step: what it did, how long who took, and what it cost; it leads to its first event. */
export function StepRow({ session, step, scale }: { session: string; step: Step; scale: number }): JSX.Element {
  const { number, first, times, label, actions, promptTokens, completionTokens, cost } = step
  const spent = words.times(
    duration(times.model),
    times.tool > 0 ? duration(times.tool) : '',
    times.waiting >= SHORTEST_WAIT ? duration(times.waiting) : '',
  )
  const tokens = words.tokens(short(promptTokens), short(completionTokens))
  return (
    <a
      href={hrefOf({ page: 'conversation', id: session, event: first })}
      className="flex h-full flex-col justify-center gap-1 border-b border-line px-4 hover:bg-sunken focus-visible:-outline-offset-2"
    >
      <span className="flex items-baseline gap-2 text-sm">
        <span className="shrink-0 text-xs text-muted tabular-nums">
          <span className="sr-only">{words.step(number)}</span>
          <span aria-hidden="true">{number}</span>
        </span>
        <span className="min-w-0 flex-1 truncate">{label}</span>
        {actions > 1 && <span className="shrink-0 text-xs text-muted">{words.actions(actions)}</span>}
        <span className="shrink-0 text-xs tabular-nums">{cost === null ? words.noPrice : dollars(cost)}</span>
      </span>
      <Bar times={times} scale={scale} />
      <span className="flex justify-between gap-3 text-xs text-muted tabular-nums">
        <span className="truncate">{spent}</span>
        <span className="truncate">{tokens}</span>
      </span>
    </a>
  )
}
