import { useQuery } from '@tanstack/react-query'
import { type JSX, useMemo } from 'react'
import { useConversation } from '../../store/use-conversation.ts'
import { text, timelineText, troubles } from '../../text.ts'
import { Notice } from '../../ui/notice.tsx'
import type { PanelProps } from '../panel.ts'
import { factsOf } from './facts.ts'
import { PlanSection } from './plan-section.tsx'
import { RememberedList } from './remembered-list.tsx'
import { serverValues } from './server-values.ts'
import { UsageMeters } from './usage-meters.tsx'

const words = timelineText.overview

/** What the session is, and what it has used. */
export function OverviewPanel({ session, calls }: PanelProps): JSX.Element {
  const state = useConversation(view => view.state)
  const server = useQuery({ queryKey: ['server'], queryFn: ({ signal }) => calls.server(signal), staleTime: 600_000 })
  const model = useQuery({
    queryKey: ['model', session, state.settings.model, state.settings.base_url],
    queryFn: ({ signal }) => calls.model(signal),
    staleTime: 600_000,
  })
  const byServer = useMemo(() => server.data && serverValues(server.data.settings), [server.data])
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no part of a form
    <div
      role="group"
      aria-label={text.panels.overview}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
      tabIndex={0}
      className="quiet-scroll flex h-full flex-col gap-6 p-4 text-sm"
    >
      {state.trouble && (
        <Notice tone="warn">
          <span className="font-medium">{words.trouble}: </span>
          {troubles.get(state.trouble) ?? state.trouble}
        </Notice>
      )}
      {state.plan && <PlanSection session={session} plan={state.plan} />}
      <section aria-label={words.meters}>
        <h2 className="mb-2 font-semibold">{words.meters}</h2>
        <UsageMeters state={state} byServer={byServer} contextTokens={model.data?.model?.context_tokens} />
      </section>
      <RememberedList
        remembered={state.remembered}
        confirmation={state.settings.confirmation ?? byServer?.confirmation}
      />
      <section aria-label={words.facts}>
        <h2 className="mb-2 font-semibold">{words.facts}</h2>
        <dl className="grid grid-cols-[fit-content(40%)_1fr] gap-x-6 gap-y-2">
          {factsOf(state, byServer).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0 break-words">{value === '' ? text.common.none : value}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  )
}
