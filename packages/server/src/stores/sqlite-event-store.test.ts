import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { eventStoreContract, keptMessages, sessionNamed } from '../testing/event-store-contract.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

const root = mkdtempSync(join(tmpdir(), 'openhands-store-'))
after(() => rmSync(root, { recursive: true, force: true }))
const temporary = (): string => mkdtempSync(join(root, 'data-'))

for (const durability of ['process', 'power'] as const)
  eventStoreContract(`SQLite, ${durability}`, async () => {
    const { store } = await openSqliteEventStore({ dataDir: temporary(), durability })
    return store
  })

test('[P03] everything is there after closing and opening again, heads and order included', async () => {
  const dataDir = temporary()
  const open = () => openSqliteEventStore({ dataDir, durability: 'process' })
  const before = await open()
  for (let n = 1; n <= 5; n++) await before.store.append(sessionNamed(n), -1, keptMessages(0, n), `{"n":${n}}`)
  await before.store.saveSnapshot(sessionNamed(5), 4, 'state')
  const listed = await before.store.sessions()
  await before.store[Symbol.asyncDispose]()
  const after = await open()
  await using store = after.store
  assert.deepEqual(after.warnings, [])
  assert.deepEqual(await store.sessions(), listed)
  assert.equal((await store.page(sessionNamed(5), 0, 9)).length, 5)
  assert.deepEqual(await store.snapshot(sessionNamed(5)), { upTo: 4, state: 'state' })
})

test('[P03] a snapshot of another version is ignored', async () => {
  const dataDir = temporary()
  const first = await openSqliteEventStore({ dataDir, durability: 'process', snapshotVersion: 'one' })
  await first.store.append(sessionNamed(1), -1, keptMessages(0, 2), '{}')
  await first.store.saveSnapshot(sessionNamed(1), 1, 'state')
  await first.store[Symbol.asyncDispose]()
  const second = await openSqliteEventStore({ dataDir, durability: 'process', snapshotVersion: 'two' })
  await using store = second.store
  assert.equal(await store.snapshot(sessionNamed(1)), undefined)
})

test('[P03] a closed store refuses appends, after it has kept those that were waiting', async () => {
  const dataDir = temporary()
  const { store } = await openSqliteEventStore({ dataDir, durability: 'power' })
  const waiting = store.append(sessionNamed(1), -1, keptMessages(0, 3), '{}')
  await store[Symbol.asyncDispose]()
  await waiting
  await assert.rejects(store.append(sessionNamed(1), 2, keptMessages(3, 1), '{}'), /closed/)
  const again = await openSqliteEventStore({ dataDir, durability: 'power' })
  await using reopened = again.store
  assert.equal(await reopened.last(sessionNamed(1)), 2)
})

test('[P29] a database of a newer version is refused with its version, and not one byte of it changes', async () => {
  const dataDir = temporary()
  const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
  await store.append(sessionNamed(1), -1, keptMessages(0, 2), '{}')
  await store[Symbol.asyncDispose]()
  const path = join(dataDir, 'events.db')
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA user_version = 7; PRAGMA application_id = ${0x4f480000 + 7}; CREATE TABLE future (x)`)
  database.close()
  const { mtimeMs, size } = statSync(path)
  await assert.rejects(openSqliteEventStore({ dataDir, durability: 'process' }), /newer version.*format 7/)
  assert.deepEqual([statSync(path).mtimeMs, statSync(path).size], [mtimeMs, size])
  assert.equal(existsSync(`${path}-wal`), false)
})

test('[P19] the write-ahead log stays bounded while events come without end', async () => {
  const dataDir = temporary()
  const { store } = await openSqliteEventStore({ dataDir, durability: 'process' })
  await using _ = store
  const text = 'x'.repeat(2000)
  for (let from = 0; from < 30_000; from += 100)
    await store.append(sessionNamed(1), from - 1, keptMessages(from, 100, text), '{}')
  assert.ok(statSync(join(dataDir, 'events.db-wal')).size < 24 * 2 ** 20)
})

/** A process that appends to 5 sessions and prints `session id` for each event that was acknowledged. */
function writer(dataDir: string): string {
  return `
    import { openSqliteEventStore } from ${JSON.stringify(import.meta.resolve('./sqlite-event-store.ts'))}
    import { keptMessages, sessionNamed } from ${JSON.stringify(import.meta.resolve('../testing/event-store-contract.ts'))}
    import { writeSync } from 'node:fs'
    const { store } = await openSqliteEventStore({ dataDir: ${JSON.stringify(dataDir)}, durability: 'process' })
    const write = async number => {
      let last = await store.last(sessionNamed(number))
      for (;;) {
        const events = keptMessages(last + 1, 1 + (last % 3 + 3) % 3, 'x'.repeat(500))
        await store.append(sessionNamed(number), last, events, JSON.stringify({ last }))
        last += events.length
        writeSync(1, number + ' ' + last + '\\n')
      }
    }
    for (let number = 1; number <= 5; number++) void write(number)`
}

test('[P03] kill -9 at any moment loses nothing that was acknowledged, and no session', {
  timeout: 60_000,
}, async () => {
  const dataDir = temporary()
  const acknowledged = new Map<number, number>()
  const lines = fc.sample(fc.integer({ min: 1, max: 400 }), { numRuns: 12, seed: 3 })
  for (const killAfter of lines) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer(dataDir)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(child, 'exit')
    let count = 0
    for await (const line of createInterface({ input: child.stdout })) {
      const [number, last] = line.split(' ').map(Number)
      if (number !== undefined && last !== undefined) acknowledged.set(number, last)
      if (++count === killAfter) child.kill('SIGKILL')
    }
    await exit
    const { store, warnings } = await openSqliteEventStore({ dataDir, durability: 'process' })
    await using reopened = store
    assert.deepEqual(warnings, [])
    assert.ok((await reopened.sessions()).length >= acknowledged.size)
    for (const [number, last] of acknowledged) {
      const stored = await reopened.last(sessionNamed(number))
      assert.ok(stored >= last, `session ${number}: ${stored} of ${last}`)
      const page = await reopened.page(sessionNamed(number), 0, stored + 1)
      assert.equal(page.at(-1)?.event.id, stored)
    }
  }
})
