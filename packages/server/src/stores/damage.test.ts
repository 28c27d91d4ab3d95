import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import type { SessionId } from '@openhands/protocol'
import fc from 'fast-check'
import { ConflictError, type EventStore } from '../core/ports.ts'
import { keptMessages, sessionNamed } from '../testing/event-store-contract.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

const root = mkdtempSync(join(tmpdir(), 'openhands-damage-'))
after(() => rmSync(root, { recursive: true, force: true }))

const SESSIONS = 12
const EVENTS = 40
const sessions = Array.from({ length: SESSIONS }, (_, number) => sessionNamed(number + 1))
const textOf = (session: SessionId): string => `${session} ${'word '.repeat(25)}`
/** What each session's log holds in the intact copy; one event of each is far longer than a page. */
const intact = new Map(
  sessions.map(session => {
    const events = [...keptMessages(0, EVENTS, textOf(session))]
    events[20] = keptMessages(20, 1, `${session} ${'long '.repeat(4000)}`)[0] ?? events[20] ?? assert.fail()
    return [session, events.map(({ json }) => json)]
  }),
)

let copies = 0
/** A copy of a data directory with something done to it. */
function damaged(source: string, damage: (dataDir: string) => void): string {
  const dataDir = join(root, `copy-${copies++}`)
  cpSync(source, dataDir, { recursive: true })
  damage(dataDir)
  return dataDir
}

async function fill(store: EventStore): Promise<void> {
  for (const session of sessions) {
    const events = (intact.get(session) ?? []).map((json, id) => ({ id, json, event: JSON.parse(json) }))
    for (let from = 0; from < EVENTS; from += 8)
      await store.append(session, from - 1, events.slice(from, from + 8), JSON.stringify({ session, from }))
  }
}

const closed = join(root, 'closed')
/** As a killed server leaves it: with a write-ahead log that holds about half of everything. */
const killed = join(root, 'killed')
before(async () => {
  const { store } = await openSqliteEventStore({ dataDir: closed, durability: 'process' })
  await fill(store)
  const copy = join(root, 'running')
  cpSync(closed, copy, { recursive: true })
  await store[Symbol.asyncDispose]()
  cpSync(copy, killed, { recursive: true })
  assert.ok(existsSync(join(killed, 'events.db-wal')))
  assert.ok(!existsSync(join(closed, 'events.db-wal')))
})

interface Outcome {
  readonly listed: number
  /** Sessions of which everything is there. */
  readonly whole: number
  readonly flagged: number
  readonly warnings: readonly string[]
}

/**
 * Opens a damaged copy and checks what must hold whatever was damaged. `older`: the store may be in an older state,
 * as it is when the newest transactions are gone without a trace.
 */
async function look(dataDir: string, older = false): Promise<Outcome> {
  const { store, warnings } = await openSqliteEventStore({ dataDir, durability: 'process' })
  await using opened = store
  const names = (await opened.sessions()).map(({ id }) => id)
  let whole = 0
  for (const session of names) {
    const page = (await opened.page(session, 0, 1000)).map(({ json }) => json)
    const expected = intact.get(session) ?? assert.fail(`an unknown session ${session}`)
    assert.deepEqual(page, expected.slice(0, page.length), 'a prefix of what was written, unchanged')
    assert.equal(await opened.last(session), page.length - 1)
    if (page.length === EVENTS) whole++
  }
  const records = await opened.sessions()
  for (const { id, events, damage } of records)
    assert.ok(older || events === EVENTS || damage !== undefined, `session ${id} lost events and does not say so`)
  return { listed: records.length, whole, flagged: records.filter(({ damage }) => damage).length, warnings }
}

function flip(dataDir: string, file: string, offset: number, mask: number): void {
  const path = join(dataDir, file)
  const bytes = readFileSync(path)
  const at = offset % bytes.length
  bytes[at] = (bytes[at] ?? 0) ^ mask
  writeFileSync(path, bytes)
}

describe('a damaged database', () => {
  test('[P03] the intact copies are whole and say nothing', async () => {
    for (const source of [closed, killed])
      assert.deepEqual(await look(damaged(source, () => undefined)), {
        listed: SESSIONS,
        whole: SESSIONS,
        flagged: 0,
        warnings: [],
      })
  })

  test('[P03] any flipped byte of its header: every session is listed and whole', async () => {
    for (let offset = 0; offset < 100; offset++) {
      const { whole } = await look(damaged(closed, dataDir => flip(dataDir, 'events.db', offset, 0xff)))
      assert.equal(whole, SESSIONS, `offset ${offset}`)
    }
  })

  test('[P29] a flipped byte anywhere costs at most the sessions whose page it hit', async () => {
    const offsets = fc.sample(fc.tuple(fc.nat(10 ** 7), fc.integer({ min: 1, max: 255 })), { numRuns: 150, seed: 5 })
    for (const [offset, mask] of offsets) {
      const found = await look(damaged(closed, dataDir => flip(dataDir, 'events.db', offset, mask)))
      assert.ok(found.listed >= SESSIONS, `offset ${offset}: ${found.listed} listed`)
      assert.ok(found.whole >= SESSIONS - 3, `offset ${offset}: ${found.whole} whole`)
    }
  })

  test('[P29] a page of zeros or noise costs at most the sessions that lie on it', async () => {
    const pages = readFileSync(join(closed, 'events.db')).length / 4096
    for (let page = 0; page < pages; page++) {
      const spoil = (dataDir: string): void => {
        const bytes = readFileSync(join(dataDir, 'events.db'))
        bytes.fill(page % 2 ? 0 : 0xa7, page * 4096, page * 4096 + 4096)
        writeFileSync(join(dataDir, 'events.db'), bytes)
      }
      const found = await look(damaged(closed, spoil))
      assert.ok(found.listed >= SESSIONS - 1 && found.whole >= SESSIONS - 4, `page ${page}: ${JSON.stringify(found)}`)
    }
  })

  test('[P03] truncated at every page and within: opening never fails, what is listed is an intact prefix', async () => {
    const size = readFileSync(join(closed, 'events.db')).length
    const lengths = Array.from({ length: size / 4096 }, (_, page) => page * 4096)
    const uneven = fc.sample(fc.nat(4096), { numRuns: 25, seed: 9 }).map(back => size - back)
    for (const length of [...lengths, ...uneven, 1, 50, 99, 100])
      await look(damaged(closed, dataDir => truncateSync(join(dataDir, 'events.db'), length)))
  })

  test('[P03] garbage instead of a database is moved aside, not deleted, and the store works', async () => {
    const dataDir = damaged(closed, copy => writeFileSync(join(copy, 'events.db'), 'garbage'.repeat(5000)))
    const { store, warnings } = await openSqliteEventStore({
      dataDir,
      durability: 'process',
      clock: { now: () => new Date(0) },
    })
    await using opened = store
    assert.match(warnings[0] ?? '', /not an SQLite database.*events\.db\.damaged-1970/)
    assert.equal(
      readFileSync(join(dataDir, 'events.db.damaged-1970-01-01T00-00-00.000Z'), 'utf8').slice(0, 7),
      'garbage',
    )
    await opened.append(sessionNamed(1), -1, keptMessages(0, 1), '{}')
    assert.equal(await opened.last(sessionNamed(1)), 0)
  })

  test('[P29] a missing table is made again and everything else kept', async () => {
    for (const table of ['snapshots', 'set_aside', 'sessions']) {
      const found = await look(damaged(closed, dataDir => execute(dataDir, `DROP TABLE ${table}`)))
      assert.deepEqual([found.listed, found.whole], [SESSIONS, SESSIONS], table)
      assert.equal(found.warnings.length > 0, true)
    }
    const { listed } = await look(damaged(closed, dataDir => execute(dataDir, 'DROP TABLE events')))
    assert.equal(listed, SESSIONS)
  })

  test('[P03] a rescue that was cut short is finished by the next start', async () => {
    const dataDir = damaged(closed, copy => {
      cpSync(join(copy, 'events.db'), join(copy, 'events.db.rebuilt'))
      writeFileSync(join(copy, 'events.db'), 'garbage')
    })
    assert.equal((await look(dataDir)).whole, SESSIONS)
    assert.ok(readdirSync(dataDir).some(name => name.startsWith('events.db.damaged-')))
  })
})

describe('a damaged write-ahead log', () => {
  test('[P03] flipped bytes cost at most what the page held, and are told', async () => {
    const offsets = fc.sample(fc.tuple(fc.nat(10 ** 7), fc.integer({ min: 1, max: 255 })), { numRuns: 80, seed: 6 })
    for (const [offset, mask] of [...offsets, ...Array.from({ length: 32 }, (_, at) => [at, 0xff] as const)]) {
      const found = await look(damaged(killed, dataDir => flip(dataDir, 'events.db-wal', offset, mask)))
      assert.ok(found.whole >= SESSIONS - 3, `offset ${offset}: ${JSON.stringify(found)}`)
    }
  })

  test('[P03] truncated anywhere, the log ends with a transaction that was whole', async () => {
    const size = readFileSync(join(killed, 'events.db-wal')).length
    for (const length of fc.sample(fc.nat(size), { numRuns: 40, seed: 7 }))
      await look(
        damaged(killed, dataDir => truncateSync(join(dataDir, 'events.db-wal'), length)),
        true,
      )
  })

  test('[P03] without it, or with garbage in its place, the store opens with what the database file holds', async () => {
    await look(
      damaged(killed, dataDir => rmSync(join(dataDir, 'events.db-wal'))),
      true,
    )
    const noise = await look(
      damaged(killed, dataDir => writeFileSync(join(dataDir, 'events.db-wal'), Buffer.alloc(90_000, 0x5a))),
      true,
    )
    assert.match(noise.warnings[0] ?? '', /write-ahead log/)
  })

  test('[P03] when the database file is gone, what its write-ahead log holds is not', async () => {
    const { listed, warnings } = await look(damaged(killed, dataDir => rmSync(join(dataDir, 'events.db'))))
    assert.ok(listed > 0)
    assert.match(warnings[0] ?? '', /is gone/)
  })
})

describe('a damaged session', () => {
  const [first, second] = [sessionNamed(1), sessionNamed(2)]
  const cases: readonly (readonly [string, string])[] = [
    ['an event whose text is not what was written', `UPDATE events SET json = '{"id":7' WHERE session = ? AND id = 7`],
    ['an event that is missing', 'DELETE FROM events WHERE session = ? AND id = 7'],
    ['all events from one on are missing', 'DELETE FROM events WHERE session = ? AND id >= 7'],
  ]
  for (const [what, sql] of cases)
    test(`[P29] ${what}: the log ends before it, says so, and the others are untouched`, async () => {
      const dataDir = damaged(closed, copy => execute(copy, sql, first))
      const warnings: string[] = []
      const opened = await openSqliteEventStore({
        dataDir,
        durability: 'process',
        onWarning: warning => warnings.push(warning),
      })
      await using store = opened.store
      assert.equal((await store.page(first, 0, 100)).length, 7)
      assert.equal(await store.last(first), 6)
      const record = (await store.sessions()).find(({ id }) => id === first)
      assert.equal(record?.events, 7)
      assert.match(record?.damage ?? '', /event.* 7 .*the log ends at event 6/)
      assert.equal((await store.page(second, 0, 100)).length, EVENTS)
      await assert.rejects(store.append(first, EVENTS - 1, keptMessages(EVENTS, 1), '{}'), ConflictError)
      await store.append(first, 6, keptMessages(7, 2, 'after'), '{"new":1}')
      assert.equal(await store.last(first), 8)
      assert.deepEqual(
        (await store.page(first, 6, 100)).map(({ event }) => event.message.slice(0, 7)),
        [`${first} `.slice(0, 7), 'after 7', 'after 8'],
      )
      await store[Symbol.asyncDispose]()
      const again = await openSqliteEventStore({ dataDir, durability: 'process' })
      await using reopened = again.store
      assert.equal(await reopened.last(first), 8)
      assert.match((await reopened.sessions()).find(({ id }) => id === first)?.damage ?? '', /event.* 7 /)
    })

  test('[P29] reading what is damaged rewrites nothing; continuing moves the rest aside and deletes nothing', async () => {
    const dataDir = damaged(closed, copy => execute(copy, 'DELETE FROM events WHERE session = ? AND id = 7', first))
    const before = readFileSync(join(dataDir, 'events.db'))
    await look(dataDir)
    assert.ok(before.equals(readFileSync(join(dataDir, 'events.db'))))
    const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
    await store.page(first, 0, 100)
    await store.append(first, 6, keptMessages(7, 1), '{}')
    await store[Symbol.asyncDispose]()
    const database = new DatabaseSync(join(dataDir, 'events.db'), { readOnly: true })
    const aside = database.prepare('SELECT id, json FROM set_aside WHERE session = ? ORDER BY id').all(first)
    database.close()
    assert.equal(aside.length, EVENTS - 8)
    assert.equal(aside[0]?.json, intact.get(first)?.[8])
  })

  test('[P29] a head that is not what was written is left out, and its session stays', async () => {
    const dataDir = damaged(closed, copy => execute(copy, `UPDATE sessions SET head = 'x' WHERE id = ?`, first))
    const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
    await using opened = store
    const record = (await opened.sessions()).find(({ id }) => id === first)
    assert.deepEqual(record, { id: first, events: EVENTS })
  })

  test('[P03] damage that shows only in use is rescued in use, and told', async () => {
    const dataDir = damaged(closed, () => undefined)
    const warnings: string[] = []
    const { store } = await openSqliteEventStore({
      dataDir,
      durability: 'process',
      onWarning: warning => warnings.push(warning),
    })
    await using opened = store
    const bytes = readFileSync(join(dataDir, 'events.db'))
    for (let at = 4096 * 8; at < bytes.length; at += 4096 * 10) bytes.fill(0xff, at, at + 64)
    writeFileSync(join(dataDir, 'events.db'), bytes)
    for (const session of sessions) await opened.page(session, 0, 1000)
    assert.equal((await opened.sessions()).length, SESSIONS)
    assert.ok(warnings.length > 0)
    for (const { id, events } of await opened.sessions())
      await opened.append(id, events - 1, keptMessages(events, 1), '{}')
  })
})

function execute(dataDir: string, sql: string, ...values: string[]): void {
  const database = new DatabaseSync(join(dataDir, 'events.db'))
  database.prepare(sql).run(...values)
  database.close()
}
