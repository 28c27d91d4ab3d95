import type { EventId, SessionId } from '@openhands/protocol'
import { ConflictError, type EventStore, type Kept, type SessionRecord } from '../core/ports.ts'
import { conflict, mustFollow } from './append-order.ts'

interface Log {
  readonly events: Kept[]
  head: string
  changed: number
  snapshot?: { readonly upTo: EventId; readonly state: string }
}

/** Keeps logs as long as the process lives: for tests, and for whoever asks for a server that remembers nothing. */
export class MemoryEventStore implements EventStore {
  readonly #logs = new Map<SessionId, Log>()
  #changes = 0

  async append(session: SessionId, after: EventId, events: readonly Kept[], head: string): Promise<void> {
    const log = this.#logs.get(session) ?? { events: [], head, changed: 0 }
    const last = log.events.length - 1
    if (last !== after) throw new ConflictError(conflict(session, after, last))
    mustFollow(after, events)
    if (log.events.length + events.length === 0) return
    log.events.push(...events)
    log.head = head
    log.changed = ++this.#changes
    this.#logs.set(session, log)
  }

  async page(
    session: SessionId,
    from: EventId,
    limit: number,
    characters = Number.POSITIVE_INFINITY,
  ): Promise<readonly Kept[]> {
    const events = this.#logs.get(session)?.events.slice(from, from + limit) ?? []
    let end = 0
    for (let size = 0; end < events.length && size < characters; end++) size += events[end]?.json.length ?? 0
    return events.slice(0, end)
  }

  async last(session: SessionId): Promise<EventId> {
    return (this.#logs.get(session)?.events.length ?? 0) - 1
  }

  async sessions(): Promise<readonly SessionRecord[]> {
    return [...this.#logs]
      .sort(([, a], [, b]) => b.changed - a.changed)
      .map(([id, log]) => ({ id, events: log.events.length, head: log.head }))
  }

  async delete(session: SessionId): Promise<void> {
    this.#logs.delete(session)
  }

  async saveSnapshot(session: SessionId, upTo: EventId, state: string): Promise<void> {
    const log = this.#logs.get(session)
    if (log) log.snapshot = { upTo, state }
  }

  async snapshot(session: SessionId): Promise<{ readonly upTo: EventId; readonly state: string } | undefined> {
    const log = this.#logs.get(session)
    return log?.snapshot && log.snapshot.upTo < log.events.length ? log.snapshot : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#logs.clear()
  }
}
