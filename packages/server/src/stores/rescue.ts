import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EventId, SessionId } from '@openhands/protocol'
import { eventChecksum } from './kept-event.ts'
import { type CarvedRow, carveRows } from './page-carver.ts'
import { type Break, headChecksum, SqliteLog } from './sqlite-log.ts'
import { readWriteAheadLog } from './write-ahead-log.ts'

const ROWS_PER_TRANSACTION = 2000
const PAGE = 1000
/** So many damaged sessions are named one by one. */
const NAMED = 20

/**
 * Moves a damaged database aside as `<path>.damaged-<stamp>` and puts one in its place that holds every session and
 * every event that can still be read; a session ends before its first missing event, what follows is in `set_aside`.
 * Returns what to tell people. A crash at any moment loses nothing: the next start repeats or finishes it.
 */
export function rescue(path: string, stamp: string, found: string): readonly string[] {
  const building = `${path}.rebuilding`
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(building + end, { force: true })
  const log = new SqliteLog(building)
  const rebuilt = new Rebuilt(log)
  rebuilt.fill(carveRows(path, readWriteAheadLog(`${path}-wal`).pages))
  const damaged = rebuilt.finish()
  log.close()
  renameSync(building, `${path}.rebuilt`)
  finishRescue(path, stamp)
  const more = damaged.length > NAMED ? [`${damaged.length - NAMED} more sessions are damaged`] : []
  return [
    `${path} was damaged (${found}); it is kept as ${path}.damaged-${stamp}, ` +
      `and ${rebuilt.sessions} sessions with ${rebuilt.events} events were read from it`,
    ...damaged.slice(0, NAMED),
    ...more,
  ]
}

/** Puts a rebuilt database in place of the damaged one, if a rescue came that far; also after a crash between. */
export function finishRescue(path: string, stamp: string): void {
  if (!existsSync(`${path}.rebuilt`)) return
  rmSync(`${path}-shm`, { force: true })
  for (const end of ['-journal', '-wal', ''])
    if (existsSync(path + end)) renameSync(path + end, `${path}.damaged-${stamp}${end}`)
  renameSync(`${path}.rebuilt`, path)
  syncDirectory(dirname(path))
}

/** Makes the names in a directory survive a power cut. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

interface Entry {
  readonly last: EventId
  readonly changed: number
  readonly head: string
  readonly damage: string | null
}

class Rebuilt {
  readonly #log: SqliteLog
  /** The new number of each session, from 1. */
  readonly #numbers = new Map<string, number>()
  readonly #entries = new Map<string, Entry>()
  events = 0

  constructor(log: SqliteLog) {
    this.#log = log
  }

  get sessions(): number {
    return this.#numbers.size
  }

  fill(rows: Iterable<CarvedRow>): void {
    let batch: CarvedRow[] = []
    const keep = (): void => {
      this.#log.transaction(() => {
        for (const row of batch) this.#restore(row)
      })
      this.#log.checkpoint()
      batch = []
    }
    for (const row of rows) if (batch.push(row) === ROWS_PER_TRANSACTION) keep()
    keep()
  }

  /** Tells rows of the tables apart by their shape, and believes those whose checksum holds. */
  #restore({ values: [first, name, a, b, c, d, e], values }: CarvedRow): void {
    if (first !== null || typeof name !== 'string' || typeof a !== 'number' || typeof b !== 'number') return
    if ((values.length === 5 || values.length === 6) && typeof c === 'string') {
      if (eventChecksum(name, a, c) !== b) return
      const row = { session: name, id: a, crc: b, json: c }
      if (typeof d === 'string') this.#log.restoreAside(row, d)
      else if (this.#log.restoreEvent(this.#number(name), row)) this.events++
    } else if (values.length === 7 && typeof d === 'string' && headChecksum(name, a, b, d) === c) {
      this.#number(name)
      if ((this.#entries.get(name)?.changed ?? -1) < b)
        this.#entries.set(name, { last: a, changed: b, head: d, damage: typeof e === 'string' ? e : null })
    }
  }

  #number(session: string): number {
    const known = this.#numbers.get(session)
    if (known !== undefined) return known
    this.#numbers.set(session, this.#numbers.size + 1)
    return this.#numbers.size
  }

  /** Ends each session where its events end being dense; returns a sentence for each that lost something. */
  finish(): string[] {
    return [...this.#numbers].flatMap(([name, num]) => {
      const damage = this.#log.transaction(() => this.#finishSession(name as SessionId, num)) // its row's checksum held
      return damage ? [`session ${name}: ${damage}`] : []
    })
  }

  #finishSession(id: SessionId, num: number): string | undefined {
    const entry = this.#entries.get(id)
    const log = this.#log.nextLog(num)
    const newest = log?.num === num ? log.newest : -1
    const last = this.#endOfDense(num)
    const damage = whatIsMissing(last, newest, entry?.last)
    const row = { num, id, last, changed: entry?.changed ?? 0, head: entry?.head ?? '' }
    this.#log.restoreSession({ ...row, damage: damage ?? entry?.damage ?? null })
    if (damage && newest > last) this.#log.setAside({ ...row, crc: 0, damage }, { last, found: damage })
    return damage
  }

  #endOfDense(num: number): EventId {
    for (let from = 0; ; from += PAGE) {
      const rows = [...this.#log.events(num, from, from + PAGE - 1)]
      const gap = rows.findIndex((row, index) => row.id !== from + index)
      if (gap !== -1) return from + gap - 1
      if (rows.length < PAGE) return from + rows.length - 1
    }
  }
}

/** What was found where a log's readable events do not end at its newest, or at the end that its entry names. */
export function whatIsMissing(last: EventId, newest: EventId, expected: EventId | undefined): string | undefined {
  if (newest > last) return describeBreak({ last, found: `event ${last + 1} cannot be read` })
  if (expected === undefined) return `its entry was lost; there may have been events after ${last}`
  return expected > last ? `events ${last + 1} to ${expected} are lost` : undefined
}

/** A break as people are told about it. */
export function describeBreak({ last, found }: Break): string {
  return last === -1 ? `${found}; none before it` : `${found}; the log ends at event ${last}`
}
