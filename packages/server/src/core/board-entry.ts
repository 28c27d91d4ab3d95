import type { AgentState, BoardEntry, BoardState, Conversation, SessionId } from '@openhands/protocol'
import { present } from '../lib/present.ts'
import type { SessionSummary } from './session-summary.ts'

/** What a person wants to know first of each state of an agent. */
const states: Readonly<Record<AgentState, BoardState>> = {
  loading: 'running',
  init: 'new',
  running: 'running',
  user_confirmed: 'running',
  user_rejected: 'running',
  rate_limited: 'paused',
  awaiting_user_input: 'waiting',
  awaiting_user_confirmation: 'waiting',
  paused: 'paused',
  stopped: 'stopped',
  finished: 'finished',
  rejected: 'finished',
  error: 'error',
}

/** A stored session on the board. */
export function entryOf(summary: SessionSummary, isOpen: boolean): BoardEntry {
  const { id, title, created, updated, agentState, repository, cost, events, trouble, lastLine } = summary
  return {
    conversation_id: id,
    title,
    state: agentState === null ? 'new' : (states[agentState] ?? 'new'), // an older server may have written another
    agent_state: agentState,
    ...present({ waits_for: waitsFor(agentState), trouble: trouble ?? undefined }),
    repository,
    cost,
    last_line: lastLine,
    created,
    updated,
    events,
    open: isOpen,
  }
}

/** A session on the board, by what is known of it. */
export function liveEntryOf(id: SessionId, state: Conversation, isOpen: boolean): BoardEntry {
  const { title, created, updated, agentState, settings, usage, next, trouble, lastLine } = state
  const repository = settings.selected_repository ?? null
  const summary = {
    id,
    title,
    created,
    updated,
    agentState,
    repository,
    cost: usage.cost,
    events: next,
    trouble,
    lastLine,
  }
  return entryOf(summary, isOpen)
}

function waitsFor(state: AgentState | null): BoardEntry['waits_for'] {
  if (state === 'awaiting_user_input') return 'input'
  return state === 'awaiting_user_confirmation' ? 'confirmation' : undefined
}
