import type { EventId, SessionId } from '@openhands/protocol'
import type { Clock } from '../core/ports.ts'
import { finishRescue, rescue } from './rescue.ts'
import { type Break, ContradictionError, isDamage, SqliteLog } from './sqlite-log.ts'
import { readHeader, SCHEMA_VERSION } from './sqlite-schema.ts'
import { readWriteAheadLog } from './write-ahead-log.ts'

/** An open database with what is known to be damaged in it. */
export interface Database {
  readonly log: SqliteLog
  /** Sessions whose readable log ends before what is stored. */
  readonly breaks: Map<SessionId, Break>
}

/**
 * Opens the database at `path`; a damaged one is rescued first, and `warnings` gets a sentence for each thing found.
 * Throws when a newer version wrote it, or when the file system refuses.
 */
export function openDatabase(path: string, stamp: () => string, warnings: string[]): Database {
  finishRescue(path, stamp())
  const found = whatIsWrong(path)
  if (found) warnings.push(...rescue(path, stamp(), found))
  try {
    return openLog(path)
  } catch (error) {
    if (!isDamage(error)) throw error
    warnings.push(...rescue(path, stamp(), error.message))
    return openLog(path)
  }
}

function whatIsWrong(path: string): string | undefined {
  const wal = readWriteAheadLog(`${path}-wal`)
  const header = readHeader(path, wal.pages)
  if (header.kind === 'newer') throw newerVersion(path, header.version)
  if (header.kind === 'damaged') return header.found
  return wal.damage
}

function newerVersion(path: string, version: number): Error {
  return new Error(
    `${path} was written by a newer version of this server (format ${version}, this one knows ${SCHEMA_VERSION}); ` +
      'start that version, or choose another data directory. Nothing was changed.',
  )
}

function openLog(path: string): Database {
  const log = new SqliteLog(path)
  try {
    return { log, breaks: findBreaks(log) }
  } catch (error) {
    log.close()
    throw error
  }
}

/** Compares the list of sessions with the ends of their logs: cheap, two look-ups each. */
function findBreaks(log: SqliteLog): Map<SessionId, Break> {
  const rows = new Map(log.sessions().map(row => [row.num, row]))
  const breaks = new Map<SessionId, Break>()
  const newest = new Map<number, EventId>()
  for (let at = log.nextLog(0); at; at = log.nextLog(at.num + 1)) {
    if (!rows.has(at.num)) throw new ContradictionError('there are events of a session that is not in the list')
    newest.set(at.num, at.newest)
  }
  for (const row of rows.values()) {
    if (log.session(row.id)?.num !== row.num) throw new ContradictionError('a session cannot be found by its name')
    const end = newest.get(row.num) ?? -1
    if (end < row.last) breaks.set(row.id, { last: end, found: `events ${end + 1} to ${row.last} are lost` })
    if (end > row.last) breaks.set(row.id, { last: row.last, found: `events ${row.last + 1} to ${end} are not listed` })
  }
  return breaks
}

/** Names the present moment in a file's name. */
export function stampOf(clock: Pick<Clock, 'now'> | undefined): string {
  return (clock?.now() ?? new Date()).toISOString().replaceAll(':', '-')
}
