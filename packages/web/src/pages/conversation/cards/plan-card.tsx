import { planAsText, progressOf } from '@openhands/protocol'
import { type JSX, useState } from 'react'
import type { Row } from '../../../store/rows.ts'
import { useConversation } from '../../../store/use-conversation.ts'
import { planText } from '../../../text.ts'
import { Checklist, PlanBar } from '../../../ui/checklist.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { WithTools } from '../with-tools.tsx'

/** The agent's plan: the newest one open, and the one that somebody was led to; others as a line that can be opened. */
export function PlanCard({ row, marked }: { row: Extract<Row, { kind: 'plan' }>; marked: boolean }): JSX.Element {
  const isNewest = useConversation(view => view.state.plan?.event === row.id)
  const [chosen, setChosen] = useState<boolean>()
  const open = chosen ?? (isNewest || marked)
  const { done, total, now } = progressOf(row.items)
  const name = isNewest ? planText.title : planText.was
  const card = (
    // biome-ignore lint/a11y/useSemanticElements: it is no part of a form
    <div
      role="group"
      aria-label={`${name}: ${planText.done(done, total)}`}
      className={open ? 'rounded-xl border border-line bg-card' : ''}
    >
      <button
        type="button"
        aria-expanded={open}
        className={`flex min-h-6 w-full min-w-0 items-center gap-2 rounded text-left text-sm ${open ? 'min-h-10 px-3 py-1.5' : 'text-muted hover:text-ink'}`}
        onClick={() => setChosen(!open)}
      >
        <Icon name="list" className="size-4 text-muted" />
        <span className="font-medium whitespace-nowrap">{name}</span>
        {!open && now !== undefined && (
          <span className="min-w-0 truncate">
            <bdi>{now}</bdi>
          </span>
        )}
        <span className={`ml-auto text-xs whitespace-nowrap tabular-nums ${open ? 'text-muted' : ''}`}>
          {planText.progress(done, total)}
        </span>
        <Icon name="chevron" className={`size-3.5 text-muted transition-transform ${open ? 'rotate-90' : ''}`} />
      </button>
      {open && (
        <div className="flex flex-col gap-2.5 px-3 pb-3">
          <PlanBar items={row.items} />
          <Checklist items={row.items} />
        </div>
      )}
    </div>
  )
  return open ? (
    <WithTools row={row} text={planAsText(row.items)}>
      {card}
    </WithTools>
  ) : (
    card
  )
}
