import type { EventId, SessionId } from '@openhands/protocol'
import type { Kept } from '../core/ports.ts'

/** What a writer is told whose log does not end where it believed. */
export function conflict(session: SessionId, after: EventId, last: EventId): string {
  return `session ${session}: the log ends at event ${last}, not at ${after}; somebody else has written`
}

/** Throws a `RangeError` unless the events' ids are dense and follow `after`. */
export function mustFollow(after: EventId, events: readonly Kept[]): void {
  const wrong = events.findIndex((event, index) => event.id !== after + 1 + index)
  if (wrong !== -1) throw new RangeError(`event ${events[wrong]?.id} does not follow event ${after + wrong}`)
}
