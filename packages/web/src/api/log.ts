import type { Conversation, Event, EventId } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** A part of a log, in order, and what is known of the whole. */
export interface LogPart {
  readonly events: readonly Event[]
  /** The id that the next event of the session will get. */
  readonly next: EventId
}

/** The newest part of a log, and everything known as of its end. */
export interface LogTail extends LogPart {
  readonly state: Conversation
}

/** The end of a session's log: at most so many events, fewer where they are big. */
export function readTail(session: string, limit: number, signal: AbortSignal): Promise<LogTail> {
  return requestJson(`api/conversations/${session}/log?limit=${limit}&state=true`, { signal })
}

/** The events right before one. */
export function readBefore(session: string, before: EventId, limit: number, signal: AbortSignal): Promise<LogPart> {
  return requestJson(`api/conversations/${session}/log?before=${before}&limit=${limit}`, { signal })
}

/** The events from one on. */
export function readFrom(session: string, from: EventId, limit: number, signal: AbortSignal): Promise<LogPart> {
  return requestJson(`api/conversations/${session}/log?from=${from}&limit=${limit}`, { signal })
}
