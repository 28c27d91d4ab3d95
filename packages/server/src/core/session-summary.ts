import type { AgentState, SessionId } from '@openhands/protocol'
import type { SessionRecord } from './ports.ts'

/** What a list shows of one session. */
export interface SessionSummary {
  readonly id: SessionId
  readonly title: string
  /** UTC, ISO 8601; empty when the record of it is lost. */
  readonly created: string
  readonly updated: string
  readonly agentState: AgentState | null
  readonly repository: string | null
  /** US dollars. */
  readonly cost: number
  readonly events: number
  /** Why it rests without being finished. */
  readonly trouble: string | null
  /** The first line of what happened last. */
  readonly lastLine: string
  /** What cannot be read of it, for people. */
  readonly damage?: string
}

/** Reads what is kept beside a log; whatever is missing or strange there hides no session (P29). */
export function summaryOf({ id, head, events, damage }: SessionRecord): SessionSummary {
  const known = parse(head)
  const text = (name: string): string => (typeof known[name] === 'string' ? known[name] : '')
  return {
    id,
    title: text('title'),
    created: text('created'),
    updated: text('updated'),
    agentState: (text('agent_state') || null) as AgentState | null, // this server wrote it
    repository: text('selected_repository') || null,
    cost: typeof known['cost'] === 'number' ? known['cost'] : 0,
    events,
    trouble: text('trouble') || null,
    lastLine: text('last_line'),
    ...(damage === undefined ? {} : { damage }),
  }
}

function parse(head: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(head ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
