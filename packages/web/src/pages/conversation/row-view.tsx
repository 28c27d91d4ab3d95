import { type JSX, memo } from 'react'
import { hrefOf } from '../../store/route.ts'
import type { Row } from '../../store/rows.ts'
import { troubles, text as words } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'
import { Markdown } from '../../ui/markdown.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ActCard } from './cards/act-card.tsx'
import { PlanCard } from './cards/plan-card.tsx'
import { Thoughts } from './thoughts.tsx'
import { UserRow } from './user-row.tsx'
import { WithTools } from './with-tools.tsx'

/** One row of the conversation; drawn again only when the row is another. */
export const RowView = memo(function RowView({ row, marked }: { row: Row; marked: boolean }): JSX.Element {
  if (!marked) return <div>{bodyOf(row, false)}</div>
  return (
    <div data-marked className="-mx-2 rounded-xl bg-accent-soft px-2 pt-2 pb-3">
      {bodyOf(row, true)}
    </div>
  )
})

function bodyOf(row: Row, marked: boolean): JSX.Element {
  switch (row.kind) {
    case 'user':
      return <UserRow row={row} />
    case 'words':
      return (
        <WithTools row={row} text={row.text}>
          <div className="prose">
            <Markdown text={row.text} />
          </div>
        </WithTools>
      )
    case 'reasoning':
      return <Thoughts text={row.text} />
    case 'plan':
      return <PlanCard row={row} marked={marked} />
    case 'act':
      return <ActCard row={row} />
    case 'end':
      return <EndRow row={row} />
    case 'trouble':
      return (
        <WithTools row={row} text={troubles.get(row.text) ?? row.text}>
          <Notice tone="bad">
            <p className="mb-0.5 flex items-center gap-1.5 font-medium text-bad">
              <Icon name="warning" />
              {words.conversation.trouble}
            </p>
            <p className="break-words whitespace-pre-wrap">{troubles.get(row.text) ?? row.text}</p>
            {/^(?:STATUS\$ERROR_LLM|LLM|llm)/.test(row.code) && (
              <a href={hrefOf({ page: 'settings', section: 'model' })} className="font-medium text-accent underline">
                {words.conversation.toSettings}
              </a>
            )}
          </Notice>
        </WithTools>
      )
    case 'note':
      return <NoteRow row={row} />
  }
}

function EndRow({ row }: { row: Extract<Row, { kind: 'end' }> }): JSX.Element {
  const { done } = row
  return (
    <WithTools row={row} text={row.text}>
      <div
        className={`rounded-xl border px-4 py-3 ${done ? 'border-good/30 bg-good-soft' : 'border-warn/30 bg-warn-soft'}`}
      >
        <p className={`mb-1 flex items-center gap-1.5 text-sm font-semibold ${done ? 'text-good' : 'text-warn'}`}>
          <Icon name={done ? 'check' : 'cross'} />
          {done ? words.conversation.done : words.conversation.gaveUp}
        </p>
        <div className="prose">
          <Markdown text={row.text} />
        </div>
      </div>
    </WithTools>
  )
}

function NoteRow({ row }: { row: Extract<Row, { kind: 'note' }> }): JSX.Element {
  const headline = words.conversation.notes[row.of]
  return (
    <p className="flex items-center gap-3 text-xs text-muted">
      <span className="h-px min-w-4 flex-1 bg-line" />
      <span className="max-w-[80%] break-words">
        {[headline, row.of === 'condensed' ? '' : (troubles.get(row.text) ?? row.text)].filter(Boolean).join(' · ')}
      </span>
      <span className="h-px min-w-4 flex-1 bg-line" />
    </p>
  )
}
