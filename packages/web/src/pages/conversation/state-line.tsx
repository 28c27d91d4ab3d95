import type { AgentState } from '@openhands/protocol'
import type { JSX } from 'react'
import { useConversation } from '../../store/use-conversation.ts'
import { Dot, type Tone } from '../../ui/badge.tsx'
import { duration } from '../../ui/format.ts'
import { useNow } from '../../ui/use-now.ts'
import { Meters } from './meters.tsx'
import { nowOf } from './now.ts'
import { PlanMark } from './plan-mark.tsx'

const tones: Partial<Record<AgentState, Tone>> = {
  running: 'accent',
  user_confirmed: 'accent',
  loading: 'accent',
  awaiting_user_confirmation: 'warn',
  awaiting_user_input: 'warn',
  rate_limited: 'warn',
  paused: 'info',
  finished: 'good',
  error: 'bad',
}

/** What is happening now, in one line, and what it has cost so far. */
export function StateLine(): JSX.Element {
  const now = useConversation(nowOf)
  const state = useConversation(view => view.state.agentState)
  const busy = state === 'running' || state === 'user_confirmed' || state === 'loading'
  return (
    <div className="flex h-6 items-center gap-2 px-1 text-xs text-muted">
      <Dot tone={(state && tones[state]) ?? 'plain'} alive={busy} />
      <span role="status" aria-live="polite" className="min-w-0 truncate font-medium text-ink">
        {now}
      </span>
      {busy && <Elapsed />}
      <span className="flex-1" />
      <PlanMark />
      <Meters />
    </div>
  )
}

function Elapsed(): JSX.Element {
  const since = useConversation(view => view.state.updated)
  const now = useNow(1_000)
  const ms = now - Date.parse(since)
  return <span className="whitespace-nowrap tabular-nums">{ms > 3_000 ? duration(ms) : ''}</span>
}
