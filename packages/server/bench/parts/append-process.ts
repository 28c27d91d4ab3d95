/** Appends of many sessions through the log as the server has it, and bare inserts, in one process and on one disk. */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SessionId } from '@openhands/protocol'
import { EventStream } from '../../src/core/event-stream.ts'
import type { EventStore } from '../../src/core/ports.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite-event-store.ts'
import { userSays } from '../../src/testing/events.ts'
import { answerCalls } from './helper.ts'
import { now } from './now.ts'

export type Durability = 'process' | 'power'

/** How many events in how many milliseconds. */
export interface Written {
  readonly events: number
  readonly ms: number
}

export type AppendCalls = {
  /** Every session appends one event after the other, each when the last is kept, all sessions at once. */
  append(how: { durability: Durability; sessions: number; each: number }): Promise<Written>
  /** One row, one transaction, as durable as the other. */
  insert(how: { durability: Durability; rows: number }): Written
}

const folder = process.argv[2] ?? '.'
const words = 'x'.repeat(150)
const stores = new Map<Durability, EventStore>()
const bare = new Map<Durability, DatabaseSync>()
let sessions = 0

async function storeFor(durability: Durability): Promise<EventStore> {
  const known = stores.get(durability)
  if (known) return known
  const { store } = await openSqliteEventStore({ dataDir: join(folder, `ours-${durability}`), durability })
  stores.set(durability, store)
  return store
}

function databaseFor(durability: Durability): DatabaseSync {
  const known = bare.get(durability)
  if (known) return known
  mkdirSync(join(folder, 'bare'), { recursive: true })
  const database = new DatabaseSync(join(folder, 'bare', `${durability}.db`))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'};
    CREATE TABLE event (session INTEGER, id INTEGER, json TEXT, PRIMARY KEY (session, id)) WITHOUT ROWID`)
  bare.set(durability, database)
  return database
}

answerCalls({
  append: async ({ durability, sessions: count, each }: Parameters<AppendCalls['append']>[0]) => {
    const world = { store: await storeFor(durability), clock: systemClock, onPoint: () => undefined }
    const names = Array.from({ length: count }, () => SessionId.parse(randomUUID()))
    const streams = await Promise.all(names.map(name => EventStream.open(name, world)))
    const draft = userSays(words)
    const start = now()
    await Promise.all(
      streams.map(async stream => {
        for (let at = 0; at < each; at++) await stream.append(draft)
      }),
    )
    const ms = now() - start
    const events = streams.reduce((sum, { state }) => sum + state.next, 0)
    return { events, ms }
  },
  insert: ({ durability, rows }: Parameters<AppendCalls['insert']>[0]) => {
    const database = databaseFor(durability)
    const insert = database.prepare('INSERT INTO event VALUES (?, ?, ?)')
    const session = ++sessions
    const json = JSON.stringify({
      id: 1,
      timestamp: new Date(0).toISOString(),
      message: words,
      args: { content: words },
    })
    const start = now()
    for (let id = 0; id < rows; id++) insert.run(session, id, json)
    return { events: rows, ms: now() - start }
  },
} satisfies AppendCalls)
