import { type PlanItem, progressOf } from '@openhands/protocol'
import { type JSX, useState } from 'react'
import { planText } from '../text.ts'
import { Icon } from './icon.tsx'
import { windowOf } from './plan-window.ts'

/** So many steps are shown at first, those around what is being done. */
const MOST = 15

/** A plan as a checklist: how far each step is, drawn and in words. */
export function Checklist({ items, most = MOST }: { items: readonly PlanItem[]; most?: number }): JSX.Element {
  const [whole, setWhole] = useState(false)
  const cut = !whole && items.length > most
  const from = cut ? windowOf(items, most) : 0
  const shown = cut ? items.slice(from, from + most) : items
  return (
    <div>
      <ol aria-label={planText.list} className="flex flex-col gap-1.5 text-sm">
        {shown.map(({ text, state }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name than their place
          <li key={from + index} aria-posinset={from + index + 1} aria-setsize={items.length} className="flex gap-2.5">
            <StepMark state={state} />
            <span
              className={`min-w-0 flex-1 break-words ${state === 'done' ? 'text-muted' : state === 'doing' ? 'font-medium' : ''}`}
            >
              <span className="sr-only">{planText.states[state]}: </span>
              <bdi>{text}</bdi>
            </span>
          </li>
        ))}
      </ol>
      {items.length > most && (
        <button
          type="button"
          aria-expanded={whole}
          className="mt-1.5 min-h-6 text-xs font-medium text-accent hover:underline"
          onClick={() => setWhole(!whole)}
        >
          {whole ? planText.less : planText.all(items.length)}
        </button>
      )}
    </div>
  )
}

function StepMark({ state }: { state: PlanItem['state'] }): JSX.Element {
  const look = 'mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full'
  if (state === 'done')
    return (
      <span aria-hidden="true" className={`${look} bg-good-soft text-good`}>
        <Icon name="check" className="size-3" />
      </span>
    )
  if (state === 'doing')
    return (
      <span aria-hidden="true" className={`${look} border-2 border-accent`}>
        <span className="breathing size-1.5 rounded-full bg-accent" />
      </span>
    )
  return <span aria-hidden="true" className={`${look} border-2 border-strong-line`} />
}

/** How far a plan is, drawn; the words stand beside it. */
export function PlanBar({ items }: { items: readonly PlanItem[] }): JSX.Element {
  const { done, total } = progressOf(items)
  return (
    <div aria-hidden="true" className="h-1 overflow-hidden rounded-full bg-sunken">
      <div className="h-full bg-good" style={{ width: `${(done / total) * 100}%` }} />
    </div>
  )
}
