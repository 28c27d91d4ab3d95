import { closeSync, openSync, readSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { PAGE_SIZE } from './write-ahead-log.ts'

/** The version of the tables that this server writes; kept in `user_version` and, against flipped bits, in `application_id`. */
export const SCHEMA_VERSION = 1

/** `application_id` of a store: "OH" and the version. */
const APPLICATION = 0x4f480000

/** So many events fit between the row ids of one session and the next. */
export const SESSION_SPAN = 2 ** 27

/*
 * Rows prove themselves: each carries its session's name and a checksum, so that it can be read without its tree.
 * A session's events lie side by side, because their row ids are `num * SESSION_SPAN + id`.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS sessions (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, last INTEGER NOT NULL, changed INTEGER NOT NULL,
    crc INTEGER NOT NULL, head TEXT NOT NULL, damage TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    key INTEGER PRIMARY KEY, session TEXT NOT NULL, id INTEGER NOT NULL, crc INTEGER NOT NULL, json TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS set_aside (
    key INTEGER PRIMARY KEY, session TEXT NOT NULL, id INTEGER NOT NULL, crc INTEGER NOT NULL, json TEXT NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS snapshots (
    session TEXT PRIMARY KEY, up_to INTEGER NOT NULL, version TEXT NOT NULL, crc INTEGER NOT NULL, state TEXT NOT NULL
  ) STRICT;
`

/** Makes the tables of a new database; of one that has them all, nothing. */
export function createSchema(db: DatabaseSync): void {
  db.exec(`PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL`)
  db.exec(`BEGIN; ${TABLES} PRAGMA application_id = ${APPLICATION + SCHEMA_VERSION};
    PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
}

/** What the first bytes of a database file say about it. */
export type Header =
  | { readonly kind: 'new' }
  | { readonly kind: 'known' }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'damaged'; readonly found: string }

/** Reads a database's header without opening it, as https://www.sqlite.org/fileformat2.html#the_database_header has it. */
export function readHeader(path: string, newer: ReadonlyMap<number, Uint8Array>): Header {
  const stored = firstBytes(path)
  if (stored.length === 0 && newer.size > 0) return { kind: 'damaged', found: 'the database file is gone' }
  const page = Buffer.from(newer.get(1) ?? stored)
  const unused = page.length >= 100 && page.readUInt32BE(60) === 0 && page.readUInt32BE(28) <= 1
  if (page.length === 0 || (unused && page.readUInt32BE(68) === 0)) return { kind: 'new' }
  const damaged = (found: string): Header => ({ kind: 'damaged', found })
  if (page.length < 100) return damaged('the file ends within its header')
  if (page.toString('latin1', 0, 16) !== 'SQLite format 3\0') return damaged('the file is not an SQLite database')
  const fixed = page.readUInt16BE(16) === PAGE_SIZE && page.subarray(18, 24).equals(FIXED)
  if (!fixed || page.readUInt32BE(52) !== 0 || page.readUInt32BE(56) !== 1 || page.readUInt32BE(64) !== 0)
    return damaged('the header holds what this server never writes')
  const version = page.readUInt32BE(60)
  if (page.readUInt32BE(68) !== APPLICATION + version || version === 0)
    return damaged('the header does not say which version wrote it')
  return version > SCHEMA_VERSION ? { kind: 'newer', version } : { kind: 'known' }
}

/** Write and read version 2 (WAL), no reserved bytes, and three numbers that never vary. */
const FIXED = Buffer.from([2, 2, 0, 64, 32, 32])

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'a+') // creates it where there is none
  try {
    const bytes = Buffer.alloc(100)
    return bytes.subarray(0, readSync(file, bytes, 0, 100, 0))
  } finally {
    closeSync(file)
  }
}
