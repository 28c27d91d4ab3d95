import { type Plan, progressOf } from '@openhands/protocol'
import type { JSX } from 'react'
import { hrefOf } from '../../store/route.ts'
import { planText } from '../../text.ts'
import { Checklist, PlanBar } from '../../ui/checklist.tsx'

/** What the agent means to do, and how far it is. */
export function PlanSection({ session, plan }: { session: string; plan: Plan }): JSX.Element {
  const { done, total } = progressOf(plan.items)
  return (
    <section aria-label={planText.title}>
      <div className="mb-2 flex items-baseline gap-3">
        <h2 className="font-semibold">{planText.title}</h2>
        <span className="text-muted tabular-nums">{planText.done(done, total)}</span>
        <a
          href={hrefOf({ page: 'conversation', id: session, event: plan.event })}
          className="ml-auto text-xs text-accent hover:underline"
        >
          {planText.goTo}
        </a>
      </div>
      <div className="flex flex-col gap-2.5">
        <PlanBar items={plan.items} />
        <Checklist items={plan.items} />
      </div>
    </section>
  )
}
