import type { Draft } from '../packages/protocol/src/index.ts'
import { EventStream } from '../packages/server/src/core/event-stream.ts'
import { systemClock } from '../packages/server/src/lib/clock.ts'
import { openSqliteEventStore } from '../packages/server/src/stores/sqlite-event-store.ts'
import { newSessionId } from '../packages/server/src/testing/events.ts'

/** Tells what follows in a log, by the id that the first of it will have. */
export type Drafts = (first: number) => readonly Draft[]

/**
 * Writes sessions as a server would have left them into a data folder that no server uses; resolves to their ids. Each
 * part of a session is one append, and is told what the id of its first event will be.
 */
export async function storeSessions(dataDir: string, sessions: readonly (readonly Drafts[])[]): Promise<string[]> {
  const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
  await using _ = store
  const ids: string[] = []
  for (const parts of sessions) {
    const session = newSessionId()
    const stream = await EventStream.open(session, { store, clock: systemClock, onPoint: () => undefined })
    for (const part of parts) await stream.append(...part(stream.state.next))
    await stream.close()
    ids.push(session)
  }
  return ids
}
