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
  /** What cannot be read of it, for people. */
  readonly damage?: string
}

/** A part of a list, newest change first. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[]
  /** Where the next part begins; absent at the end. */
  readonly next?: number
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
    ...(damage === undefined ? {} : { damage }),
  }
}

/** So many of those that fit, from a place on; `query` is looked for in title and repository, whatever the case. */
export function pageOf(
  records: readonly SessionRecord[],
  { offset, limit, query }: { readonly offset: number; readonly limit: number; readonly query?: string },
): SessionPage {
  const wanted = query?.trim().toLowerCase() ?? ''
  // Without a query nothing but the part itself has to be read.
  if (wanted === '') {
    const sessions = records.slice(offset, offset + limit).map(summaryOf)
    return { sessions, ...(offset + limit < records.length ? { next: offset + limit } : {}) }
  }
  const fitting = records
    .map(summaryOf)
    .filter(({ title, repository }) => `${title}\n${repository ?? ''}`.toLowerCase().includes(wanted))
  const sessions = fitting.slice(offset, offset + limit)
  return { sessions, ...(offset + limit < fitting.length ? { next: offset + limit } : {}) }
}

function parse(head: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(head ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
