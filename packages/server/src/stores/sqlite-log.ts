import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { EventId, SessionId } from '@openhands/protocol'
import { ConflictError, type Kept } from '../core/ports.ts'
import { conflict } from './append-order.ts'
import { eventChecksum } from './kept-event.ts'
import { createSchema, SESSION_SPAN } from './sqlite-schema.ts'

/** One append as it waits for its turn. */
export interface Append {
  readonly session: SessionId
  readonly after: EventId
  readonly events: readonly Kept[]
  readonly head: string
}

export interface SessionRow {
  readonly num: number
  readonly id: SessionId
  readonly last: EventId
  readonly changed: number
  readonly crc: number
  readonly head: string
  readonly damage: string | null
}

export interface EventRow {
  readonly key: number
  readonly session: string
  readonly id: EventId
  readonly crc: number
  readonly json: string
}

/** Where a session's readable events end although rows should follow, and what was found there. */
export interface Break {
  readonly last: EventId
  readonly found: string
}

/** The database of all logs, its statements prepared. Everything blocks; every method may throw SQLite's errors. */
export class SqliteLog {
  readonly #db: DatabaseSync
  readonly #s: Statements
  #changes: number

  /** Opens the database and makes its tables if it has none at all. Throws when it has some but not all. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: 5000, allowExtension: false })
    try {
      const { tables } = this.#db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number }
      if (tables === 0) createSchema(this.#db)
      this.#db.exec(`PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0;
        PRAGMA journal_size_limit = ${64 * 2 ** 20}; PRAGMA cache_size = -16000`)
      this.#s = prepare(this.#db)
      const { changes } = this.#s.changes.get() as { changes: number }
      this.#changes = changes
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }

  /** Copies what the write-ahead log holds into the database file and syncs it. */
  checkpoint(): void {
    this.#s.checkpoint.get()
  }

  /** True when SQLite finds nothing wrong with the file; reads all of it. */
  isSound(): boolean {
    const rows = this.#db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
    return rows.length === 1 && rows[0]?.quick_check === 'ok'
  }

  /** Runs `work` as one transaction: all of it is kept, or nothing when it throws. */
  transaction<T>(work: () => T): T {
    this.#s.begin.run()
    try {
      const result = work()
      this.#s.commit.run()
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#s.rollback.run()
      throw error
    }
  }

  /** Adds events within a transaction. Throws `ConflictError`, having changed nothing, when the log ends elsewhere. */
  append({ session, after, events, head }: Append): void {
    const row = this.session(session)
    const last = row?.last ?? -1
    if (last !== after) throw new ConflictError(conflict(session, after, last))
    const end = after + events.length
    if (end === -1) return
    const changed = ++this.#changes
    const crc = headChecksum(session, end, changed, head)
    if (row) this.#s.updateSession.run(end, changed, crc, head, row.num)
    const num = row?.num ?? Number(this.#s.insertSession.run(session, end, changed, crc, head).lastInsertRowid)
    for (const { id, json } of events)
      this.#s.insertEvent.run(num * SESSION_SPAN + id, session, id, eventChecksum(session, id, json), json)
  }

  session(session: SessionId): SessionRow | undefined {
    return this.#s.session.get(session) as SessionRow | undefined // the tables are STRICT
  }

  /** Every session's row, newest change first. */
  sessions(): SessionRow[] {
    return this.#s.sessions.all() as unknown as SessionRow[] // as above
  }

  /** The rows from `from` to `to`, both included, each read when it is asked for; nothing is written meanwhile. */
  events(num: number, from: EventId, to: EventId): Iterable<EventRow> {
    const rows = this.#s.events.iterate(num * SESSION_SPAN + from, num * SESSION_SPAN + to)
    return rows as unknown as Iterable<EventRow> // as above
  }

  /** The number and newest event of the first session that has events and whose number is not below `num`. */
  nextLog(num: number): { readonly num: number; readonly newest: EventId } | undefined {
    const first = this.#s.firstKey.get(num * SESSION_SPAN) as { key: number } | undefined
    if (!first) return undefined
    const found = Math.floor(first.key / SESSION_SPAN)
    const { key } = this.#s.lastKey.get((found + 1) * SESSION_SPAN - 1) as { key: number }
    if (found < num || key < first.key) throw new ContradictionError('events are out of order')
    return { num: found, newest: key - found * SESSION_SPAN }
  }

  /** Moves what follows the readable events into `set_aside`, so that the log can be continued; within a transaction. */
  setAside(row: SessionRow, { last, found }: Break): void {
    const [from, to] = [row.num * SESSION_SPAN + last + 1, (row.num + 1) * SESSION_SPAN - 1]
    this.#s.copyAside.run(found, from, to)
    this.#s.deleteEvents.run(from, to)
    const changed = ++this.#changes
    this.#s.updateSession.run(last, changed, headChecksum(row.id, last, changed, row.head), row.head, row.num)
    this.#s.setDamage.run(found, row.num)
    this.#s.deleteSnapshot.run(row.id)
  }

  delete(session: SessionId): void {
    const row = this.session(session)
    if (!row) return
    this.#s.deleteEvents.run(row.num * SESSION_SPAN, (row.num + 1) * SESSION_SPAN - 1)
    this.#s.deleteAside.run(session)
    this.#s.deleteSnapshot.run(session)
    this.#s.deleteSession.run(row.num)
  }

  saveSnapshot(session: SessionId, upTo: EventId, version: string, state: string): void {
    this.#s.saveSnapshot.run(session, upTo, version, eventChecksum(session, upTo, state), state)
  }

  snapshot(session: SessionId, version: string): { upTo: EventId; state: string } | undefined {
    const row = this.#s.snapshot.get(session, version) as { id: EventId; crc: number; json: string } | undefined
    if (!row || eventChecksum(session, row.id, row.json) !== row.crc) return undefined
    return { upTo: row.id, state: row.json }
  }

  /* ---- for a database that is built from another's rows ---- */

  /** Adds a row that was read elsewhere; false when there is one with that key. */
  restoreEvent(num: number, row: Omit<EventRow, 'key'>): boolean {
    return this.#s.restoreEvent.run(num * SESSION_SPAN + row.id, row.session, row.id, row.crc, row.json).changes === 1
  }

  restoreAside(row: Omit<EventRow, 'key'>, reason: string): void {
    this.#s.restoreAside.run(row.session, row.id, row.crc, row.json, reason)
  }

  /** Adds a session with its number, or replaces the one that has it. */
  restoreSession({ num, id, last, changed, head, damage }: Omit<SessionRow, 'crc'>): void {
    this.#s.restoreSession.run(num, id, last, changed, headChecksum(id, last, changed, head), head, damage)
  }
}

/** The checksum that a session's row carries. */
export function headChecksum(session: string, last: EventId, changed: number, head: string): number {
  return crc32(head, crc32(`${session}:${last}:${changed}`))
}

/** The file is sound to SQLite, but its tables contradict each other. */
export class ContradictionError extends Error {
  override readonly name = 'ContradictionError'
}

/** Whether an error of SQLite says that the file is not what it should be, rather than that the machine refuses. */
export function isDamage(error: unknown): error is Error {
  if (error instanceof ContradictionError) return true
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false
  return DAMAGE.has(error.errcode & 0xff) || error.errcode === IOERR_SHORT_READ
}

/** SQLITE_ERROR (a table or column is missing: our statements are fixed), SQLITE_CORRUPT, SQLITE_NOTADB. */
const DAMAGE = new Set([1, 11, 26])
const IOERR_SHORT_READ = 522

type Statements = ReturnType<typeof prepare>

function prepare(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    rollback: sql('ROLLBACK'),
    checkpoint: sql('PRAGMA wal_checkpoint(PASSIVE)'),
    changes: sql('SELECT coalesce(max(changed), 0) AS changes FROM sessions'),
    session: sql('SELECT num, id, last, changed, crc, head, damage FROM sessions WHERE id = ?'),
    sessions: sql('SELECT num, id, last, changed, crc, head, damage FROM sessions ORDER BY changed DESC'),
    insertSession: sql('INSERT INTO sessions (id, last, changed, crc, head) VALUES (?, ?, ?, ?, ?)'),
    updateSession: sql('UPDATE sessions SET last = ?, changed = ?, crc = ?, head = ? WHERE num = ?'),
    setDamage: sql('UPDATE sessions SET damage = ? WHERE num = ?'),
    deleteSession: sql('DELETE FROM sessions WHERE num = ?'),
    restoreSession: sql('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)'),
    events: sql('SELECT key, session, id, crc, json FROM events WHERE key BETWEEN ? AND ? ORDER BY key'),
    firstKey: sql('SELECT key FROM events WHERE key >= ? ORDER BY key LIMIT 1'),
    lastKey: sql('SELECT key FROM events WHERE key <= ? ORDER BY key DESC LIMIT 1'),
    insertEvent: sql('INSERT INTO events VALUES (?, ?, ?, ?, ?)'),
    restoreEvent: sql('INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)'),
    deleteEvents: sql('DELETE FROM events WHERE key BETWEEN ? AND ?'),
    copyAside: sql(`INSERT INTO set_aside (session, id, crc, json, reason)
      SELECT session, id, crc, json, ? FROM events WHERE key BETWEEN ? AND ?`),
    restoreAside: sql('INSERT INTO set_aside (session, id, crc, json, reason) VALUES (?, ?, ?, ?, ?)'),
    deleteAside: sql('DELETE FROM set_aside WHERE session = ?'),
    saveSnapshot: sql('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)'),
    snapshot: sql(
      'SELECT up_to AS id, crc, state AS json FROM snapshots WHERE session = ? AND version = ? AND up_to <= (SELECT last FROM sessions WHERE id = session)',
    ),
    deleteSnapshot: sql('DELETE FROM snapshots WHERE session = ?'),
  }
}
