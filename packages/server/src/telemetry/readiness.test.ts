import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { ConflictError, type EventStore } from '../core/ports.ts'
import { temporaryFolder } from '../testing/server-process.ts'
import { observedStore } from './observed.ts'
import { checksOf, diskLook } from './readiness.ts'
import { Trouble } from './trouble.ts'

const session = SessionId.parse('a'.repeat(32))

test('[4.9] a data folder that cannot be written is said, by name, and is looked at no more than every two seconds', async () => {
  const folder = await temporaryFolder()
  let now = 0
  const look = diskLook(folder.path, () => now)
  assert.equal(await look(), undefined)
  assert.deepEqual(await readdir(folder.path), [], 'nothing is left of the look')
  await rm(folder.path, { recursive: true })
  assert.equal(await look(), undefined)
  now = 2001
  assert.match((await look()) ?? '', new RegExp(`^${folder.path} cannot be written: ENOENT`))
})

test('[4.9] a failure counts until something works, or for a minute', () => {
  let now = 0
  const trouble = new Trouble(() => now)
  assert.equal(trouble.reason, undefined)
  trouble.note('full')
  assert.equal(trouble.reason, 'full')
  now = 59_999
  assert.equal(trouble.reason, 'full')
  now = 60_000
  assert.equal(trouble.reason, undefined)
  trouble.note('full')
  trouble.clear()
  assert.equal(trouble.reason, undefined)
})

test('[4.9] appends are counted while they wait; a failed one is trouble, one that came too late is none', async () => {
  const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const waiting = [...answers]
  const inner = { append: () => waiting.shift()?.promise } as unknown as EventStore // asked for nothing else here
  const trouble = new Trouble()
  const store = observedStore(inner, trouble)
  const appended = answers.map(() => store.append(session, -1, [], '').catch(() => undefined))
  assert.equal(store.waiting, 3)
  answers[0]?.reject(new ConflictError('somebody was quicker'))
  await appended[0]
  assert.deepEqual([store.waiting, trouble.reason], [2, undefined])
  answers[1]?.reject(new Error('the disk is full'))
  await appended[1]
  assert.deepEqual([store.waiting, trouble.reason], [1, 'the disk is full'])
  answers[2]?.resolve()
  await appended[2]
  assert.deepEqual([store.waiting, trouble.reason], [0, undefined])
})

test('[4.9] every part is looked at, and told by its name', async () => {
  const checks = await checksOf({ disk: () => undefined, store: async () => 'it is full' })
  assert.deepEqual(checks, { disk: { ok: true }, store: { ok: false, reason: 'it is full' } })
})
