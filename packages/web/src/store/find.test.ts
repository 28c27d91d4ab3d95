import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogHit } from '@openhands/protocol'
import { type Ask, findAll, findMore, HITS, nothingFound } from './find.ts'

const STRETCH = 200

/** A log in which every third event is a hit. */
function logOf(events: number): Ask {
  return async ({ before, limit }) => {
    const to = Math.min(before ?? events, events)
    const from = Math.max(0, to - STRETCH)
    const ids = Array.from({ length: to - from }, (_, at) => to - 1 - at).filter(id => id % 3 === 0)
    const hits = ids.slice(0, limit).map(id => ({ id }) as LogHit) // only the id matters here
    return { hits, count: ids.length, from }
  }
}

const { signal } = new AbortController()

test('a whole log is looked through; only the newest hits come, all are counted', async () => {
  const seen = []
  for await (const found of findAll(logOf(1000), signal)) seen.push(found)
  assert.equal(seen.length, 1000 / STRETCH)
  assert.deepEqual(
    seen.map(each => each.whole),
    [false, false, false, false, true],
  )
  const last = seen.at(-1)
  assert.equal(last?.count, 334)
  assert.deepEqual(
    last?.hits.map(each => each.id),
    Array.from({ length: HITS }, (_, at) => 999 - 3 * at),
  )
})

test('more hits follow those that are there, up to the beginning', async () => {
  const ask = logOf(500)
  let found = nothingFound
  for await (const next of findAll(ask, signal)) found = next
  const ids: number[] = []
  while (found.hits.length < found.count) {
    const more = await findMore(ask, found, signal)
    assert.ok(more.length > 0 && more.length <= HITS)
    found = { ...found, hits: [...found.hits, ...more] }
  }
  for (const { id } of found.hits) ids.push(id)
  assert.deepEqual(
    ids,
    Array.from({ length: 167 }, (_, at) => 498 - 3 * at),
  )
  assert.deepEqual(await findMore(ask, found, signal), [])
})

test('an empty log has been looked through at once', async () => {
  const seen = []
  for await (const found of findAll(logOf(0), signal)) seen.push(found)
  assert.deepEqual(seen, [{ hits: [], count: 0, whole: true }])
})
