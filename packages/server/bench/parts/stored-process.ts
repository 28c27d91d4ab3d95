/** Fills a data folder with sessions as the server would have left them, and lists them as the server does. */
import { randomUUID } from 'node:crypto'
import { SessionId } from '@openhands/protocol'
import { EventStream } from '../../src/core/event-stream.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite-event-store.ts'
import { action, becomes, metrics, ran, userSays } from '../../src/testing/events.ts'
import { answerCalls } from './helper.ts'
import { now } from './now.ts'

export interface Filled {
  readonly session: string
  /** The id of its newest event. */
  readonly newest: number
}

export type StoredCalls = {
  /** Writes sessions of so many events each: a task, commands and results, an end. Resolves to the last one. */
  fill(how: { sessions: number; events: number }): Promise<Filled>
  /** Milliseconds that each of so many lists of all sessions took, from the store's first byte to the last. */
  list(times: number): Promise<{ readonly sessions: number; readonly ms: readonly number[] }>
}

const dataDir = process.argv[2] ?? '.'
/** Events in one append: what a transaction holds at once. */
const BATCH = 500

async function fill(stream: EventStream, events: number): Promise<void> {
  await stream.append(action('initialize', {}, { source: 'user' }), userSays('Count to a great number.'))
  await stream.append(becomes('init', { source: 'environment' }))
  while (stream.state.next < events - 5) {
    const drafts = []
    const first = stream.state.next
    for (let id = first; id < Math.min(first + BATCH, events - 5); id += 2) {
      const seen = id - 1
      drafts.push(action('run', { command: `echo ${id}` }, { seen, llm_metrics: metrics(`answer-${id}`) }))
      drafts.push(ran(id, `${id}\n${'line of output\n'.repeat(8)}`))
    }
    await stream.append(...drafts)
  }
  await stream.append(action('finish', { outputs: {}, thought: 'Counted.' }, { seen: stream.state.next - 1 }))
  await stream.close()
}

answerCalls({
  fill: async ({ sessions, events }: Parameters<StoredCalls['fill']>[0]) => {
    const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
    await using _ = store
    let last: Filled = { session: '', newest: -1 }
    for (let at = 0; at < sessions; at++) {
      const session = SessionId.parse(randomUUID())
      const stream = await EventStream.open(session, { store, clock: systemClock, onPoint: () => undefined })
      await fill(stream, events)
      last = { session, newest: stream.state.next - 1 }
    }
    return last
  },
  list: async (times: number) => {
    const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
    await using _ = store
    const ms: number[] = []
    let sessions = 0
    for (let time = 0; time < times; time++) {
      const start = now()
      sessions = (await store.sessions()).length
      ms.push(now() - start)
    }
    return { sessions, ms }
  },
} satisfies StoredCalls)
