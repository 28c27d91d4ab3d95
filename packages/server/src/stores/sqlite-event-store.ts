import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventId, SessionId } from '@openhands/protocol'
import { type Clock, ConflictError, type EventStore, type Kept, type SessionRecord } from '../core/ports.ts'
import { conflict, mustFollow } from './append-order.ts'
import { eventChecksum, KeptEvent } from './kept-event.ts'
import { describeBreak, rescue, syncDirectory } from './rescue.ts'
import { type Database, openDatabase, stampOf } from './sqlite-database.ts'
import { type Append, ContradictionError, headChecksum, isDamage } from './sqlite-log.ts'
import { WalSync } from './wal-sync.ts'

export interface SqliteEventStoreOptions {
  /** The folder for `events.db`; made, for its owner only, where there is none. */
  readonly dataDir: string
  /** `process`: what was appended survives the end of the process, `power`: also a power cut. */
  readonly durability: 'process' | 'power'
  /** Names the moment in the name of a database that is moved aside. */
  readonly clock?: Pick<Clock, 'now'>
  /** Snapshots that were written under another text are ignored: change it when a fold's state changes its shape. */
  readonly snapshotVersion?: string
  /** Told in sentences what was found damaged while the store was in use. */
  readonly onWarning?: (warning: string) => void
}

/** After so many bytes of events the write-ahead log is copied into the database file; SQLite's own measure is 4 MB. */
const CHECKPOINT_BYTES = 4 * 2 ** 20
/** With so many bytes uncopied, appends wait for the copy: on a slow disk events may come faster than it takes them. */
const BACKLOG_BYTES = 3 * CHECKPOINT_BYTES
/** So many appends share a transaction at most: more would hold up the event loop for longer, and gain nothing. */
const GROUP = 100
/** What an append writes besides its texts: at least one page for the event and one for its session. */
const APPEND_BYTES = 2 * 4096

/**
 * Opens the store of a data directory, rescuing what is readable of a damaged one; `warnings` say what was found.
 * Throws only when a newer version wrote it, or when the file system refuses. The caller holds the directory's lock.
 */
export async function openSqliteEventStore(
  options: SqliteEventStoreOptions,
): Promise<{ store: EventStore; warnings: readonly string[] }> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const path = join(options.dataDir, 'events.db')
  const warnings: string[] = []
  const database = openDatabase(path, () => stampOf(options.clock), warnings)
  syncDirectory(options.dataDir)
  return { store: new SqliteEventStore(path, database, options), warnings }
}

interface Waiting extends Append {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

class SqliteEventStore implements EventStore {
  readonly #path: string
  readonly #options: SqliteEventStoreOptions
  readonly #snapshotVersion: string
  #database: Database | undefined
  #wal: WalSync
  readonly #waiting: Waiting[] = []
  /** Bytes since the last checkpoint, about. */
  #written = 0
  #checkpoint: Promise<void> | undefined

  constructor(path: string, database: Database, options: SqliteEventStoreOptions) {
    this.#path = path
    this.#database = database
    this.#options = options
    this.#snapshotVersion = options.snapshotVersion ?? '1'
    this.#wal = new WalSync(`${path}-wal`)
  }

  append(session: SessionId, after: EventId, events: readonly Kept[], head: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    try {
      mustFollow(after, events)
      if (!this.#database) throw new Error('the store is closed')
    } catch (error) {
      reject(error)
      return promise
    }
    if (this.#waiting.push({ session, after, events, head, resolve, reject }) === 1) this.#commitSoon()
    return promise
  }

  async page(
    session: SessionId,
    from: EventId,
    limit: number,
    characters = Number.POSITIVE_INFINITY,
  ): Promise<readonly Kept[]> {
    return this.#guarded(({ log, breaks }) => {
      const row = log.session(session)
      if (!row || limit < 1) return []
      const to = Math.min(from + limit - 1, breaks.get(session)?.last ?? row.last)
      const kept: Kept[] = []
      let size = 0
      for (const { id, crc, json } of log.events(row.num, from, to)) {
        if (id !== from + kept.length || eventChecksum(session, id, json) !== crc) break
        kept.push(new KeptEvent(id, json))
        size += json.length
        if (size >= characters) return kept
      }
      if (from + kept.length <= to) this.#noteBreak(session, from + kept.length)
      return kept
    })
  }

  async last(session: SessionId): Promise<EventId> {
    return this.#guarded(({ log, breaks }) => breaks.get(session)?.last ?? log.session(session)?.last ?? -1)
  }

  async sessions(): Promise<readonly SessionRecord[]> {
    return this.#guarded(({ log, breaks }) =>
      log.sessions().map(({ id, last, changed, crc, head, damage }) => {
        const broken = breaks.get(id)
        const found = broken ? describeBreak(broken) : damage
        const headHolds = head !== '' && headChecksum(id, last, changed, head) === crc
        return {
          id,
          events: (broken?.last ?? last) + 1,
          ...(headHolds ? { head } : {}),
          ...(found === null ? {} : { damage: found }),
        }
      }),
    )
  }

  async delete(session: SessionId): Promise<void> {
    while (this.#waiting.length > 0) this.#commit()
    this.#guarded(({ log, breaks }) => {
      log.transaction(() => log.delete(session))
      breaks.delete(session)
    })
  }

  async saveSnapshot(session: SessionId, upTo: EventId, state: string): Promise<void> {
    this.#guarded(({ log }) => log.saveSnapshot(session, upTo, this.#snapshotVersion, state))
  }

  async snapshot(session: SessionId): Promise<{ readonly upTo: EventId; readonly state: string } | undefined> {
    return this.#guarded(({ log, breaks }) => {
      const kept = log.snapshot(session, this.#snapshotVersion)
      return kept && kept.upTo <= (breaks.get(session)?.last ?? kept.upTo) ? kept : undefined
    })
  }

  /** Keeps what is waiting, then closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#database) return
    while (this.#waiting.length > 0) this.#commit()
    await this.#checkpoint
    const { log } = this.#database
    this.#database = undefined
    await this.#wal.close()
    log.close()
  }

  #commitSoon(): void {
    if (this.#checkpoint === undefined || this.#written < BACKLOG_BYTES) setImmediate(() => this.#commit())
    // `#checkpointSoon` never rejects.
    else this.#checkpoint.then(() => this.#commit()).catch(error => this.#options.onWarning?.(String(error)))
  }

  /** Keeps what waits in one transaction; each caller is answered for itself. */
  #commit(): void {
    const group = this.#waiting.splice(0, GROUP)
    if (group.length === 0) return
    const refused = new Map<Waiting, unknown>()
    try {
      this.#appendAll(group, refused)
    } catch {
      refused.clear()
      for (const one of group) this.#appendAlone(one, refused)
    }
    for (const [one, reason] of refused) one.reject(reason)
    this.#confirm(group.filter(one => !refused.has(one)))
    if (this.#waiting.length > 0) this.#commitSoon()
  }

  /** After a group failed as a whole: whoever is not to blame must not suffer. */
  #appendAlone(one: Waiting, refused: Map<Waiting, unknown>): void {
    try {
      const alone = new Map<Waiting, unknown>()
      this.#appendAll([one], alone)
      for (const [, reason] of alone) refused.set(one, reason)
    } catch (error) {
      refused.set(one, error)
    }
  }

  #appendAll(group: readonly Waiting[], refused: Map<Waiting, unknown>): void {
    this.#guarded(database => {
      refused.clear()
      const mended = database.log.transaction(() => group.filter(one => this.#appendOne(database, one, refused)))
      for (const { session } of mended) database.breaks.delete(session)
    })
  }

  /** True when the session had a break that is mended now; one that is refused has changed nothing. */
  #appendOne({ log, breaks }: Database, one: Waiting, refused: Map<Waiting, unknown>): boolean {
    try {
      const broken = breaks.get(one.session)
      const row = broken && log.session(one.session)
      if (broken && broken.last !== one.after) throw new ConflictError(conflict(one.session, one.after, broken.last))
      if (broken && row) log.setAside(row, { ...broken, found: describeBreak(broken) })
      log.append(one)
      return broken !== undefined
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      refused.set(one, error)
      return false
    }
  }

  #confirm(kept: readonly Waiting[]): void {
    if (kept.length === 0) return
    for (const one of kept)
      this.#written += APPEND_BYTES + one.head.length + one.events.reduce((sum, { json }) => sum + json.length, 0)
    if (this.#written > CHECKPOINT_BYTES) this.#checkpoint ??= this.#checkpointSoon()
    if (this.#options.durability === 'process') for (const one of kept) one.resolve()
    else this.#confirmOnDisk(kept).catch(error => kept.forEach(one => void one.reject(error)))
  }

  async #confirmOnDisk(kept: readonly Waiting[]): Promise<void> {
    await this.#wal.sync()
    for (const one of kept) one.resolve()
  }

  /** Syncs first, off the event loop, so that SQLite's own sync in the checkpoint finds little left to do. */
  async #checkpointSoon(): Promise<void> {
    await this.#wal.sync().catch(() => undefined) // whoever waits for this sync is told; the checkpoint makes its own
    this.#written = 0
    this.#checkpoint = undefined
    try {
      this.#guarded(({ log }) => log.checkpoint())
    } catch (error) {
      this.#options.onWarning?.(`the write-ahead log could not be copied into ${this.#path}: ${String(error)}`)
    }
  }

  /** Looks into what is wrong at an event that should be there; a file that is broken throughout is rescued. */
  #noteBreak(session: SessionId, id: EventId): void {
    const database = this.#open()
    if (!database.log.isSound()) throw new ContradictionError(`event ${id} of session ${session} cannot be read`)
    const broken = { last: id - 1, found: `event ${id} cannot be read` }
    database.breaks.set(session, broken)
    this.#options.onWarning?.(`session ${session}: ${describeBreak(broken)}`)
  }

  #open(): Database {
    if (!this.#database) throw new Error('the store is closed')
    return this.#database
  }

  /** Runs `work`; when it meets a damaged database, rescues that and runs it once more. */
  #guarded<T>(work: (database: Database) => T): T {
    try {
      return work(this.#open())
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#rescue(error.message)
      return work(this.#open())
    }
  }

  #rescue(found: string): void {
    this.#open().log.close()
    const warnings = [...rescue(this.#path, stampOf(this.#options.clock), found)]
    this.#database = openDatabase(this.#path, () => stampOf(this.#options.clock), warnings)
    this.#wal.close().catch(error => this.#options.onWarning?.(String(error)))
    this.#wal = new WalSync(`${this.#path}-wal`)
    for (const warning of warnings) this.#options.onWarning?.(warning)
  }
}
