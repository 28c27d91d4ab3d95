import * as z from 'zod'
import { AgentState } from './action.ts'

/* GET /api/board (server-sent events) and GET /api/board/snapshot. */

const count = z.int().nonnegative()

/** What a person wants to know first: does it work, does it wait for me, is it done? */
export const BoardState = z.enum(['new', 'running', 'waiting', 'paused', 'stopped', 'finished', 'error'])
export type BoardState = z.infer<typeof BoardState>

/** One session on the board. */
export const BoardEntry = z.object({
  conversation_id: z.string(),
  title: z.string(),
  state: BoardState,
  /** What the state says more exactly. */
  agent_state: AgentState.nullable(),
  /** Of one that waits: for words, or for a yes or no. */
  waits_for: z.enum(['input', 'confirmation']).optional(),
  /** Why it rests without being finished. */
  trouble: z.string().optional(),
  repository: z.string().nullable(),
  /** US dollars. */
  cost: z.number(),
  /** Of the newest event, a sentence; at most 200 characters. */
  last_line: z.string(),
  /** UTC, ISO 8601; empty when the record of it is lost. Age is reckoned from these. */
  created: z.string(),
  updated: z.string(),
  events: count,
  /** Whether the server has it in memory now. */
  open: z.boolean(),
})
export type BoardEntry = z.infer<typeof BoardEntry>

/** At most the newest 200 sessions, newest change first; `total` counts all. */
export const BoardSnapshot = z.object({ sessions: z.array(BoardEntry), total: count })
export type BoardSnapshot = z.infer<typeof BoardSnapshot>

/**
 * Each message of the stream, as `data:` of an event of that name: first one `snapshot`; then `changed`, at most four
 * a second for one session, and `deleted`. After a reconnect there is a new snapshot.
 */
export const BoardMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), ...BoardSnapshot.shape }),
  z.object({ type: z.literal('changed'), session: BoardEntry }),
  z.object({ type: z.literal('deleted'), conversation_id: z.string() }),
])
export type BoardMessage = z.infer<typeof BoardMessage>
