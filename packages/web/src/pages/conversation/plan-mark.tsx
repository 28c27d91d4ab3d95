import { progressOf } from '@openhands/protocol'
import type { JSX } from 'react'
import { useConversation } from '../../store/use-conversation.ts'
import { planText } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'

/** How far the plan is, small; nothing where there is none. */
export function PlanMark(): JSX.Element | null {
  const plan = useConversation(view => view.state.plan)
  if (!plan) return null
  const { done, total, now } = progressOf(plan.items)
  const hint = [`${planText.title}: ${planText.done(done, total)}`, ...(now === undefined ? [] : [planText.now(now)])]
  return (
    <span title={hint.join(', ')} className="mr-1 flex shrink-0 items-center gap-1 whitespace-nowrap tabular-nums">
      <Icon name="list" className="size-3.5" />
      <span className="sr-only">{planText.title}: </span>
      <span className="text-ink">{planText.progress(done, total)}</span>
    </span>
  )
}
