import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { Clock } from '../core/ports.ts'
import { GAP_MS, PacedQueue } from './paced-queue.ts'

/** A queue whose gaps end when the test says so. */
function slow(from = 0, ready: () => Promise<void> = async () => undefined) {
  const ending = new AbortController()
  const gaps: { length: number; end: () => void }[] = []
  const clock: Clock = {
    now: () => new Date(0),
    sleep: (length, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => reject(signal.reason))
      gaps.push({ length, end: resolve })
      return promise
    },
  }
  const out: string[] = []
  const queue = new PacedQueue({ clock, ready, from, signal: ending.signal, write: text => out.push(text) })
  const next = async (): Promise<void> => {
    gaps.at(-1)?.end()
    await turnOfTheLoop()
  }
  return { queue, out, gaps, next, ending, signal: ending.signal }
}

test('[wire D1.1] [wire A1.6] one frame, then a gap, then the next: of the log and of others alike', async () => {
  const { queue, out, gaps, next, signal } = slow()
  queue.add({ text: 'early', before: 0 })
  await turnOfTheLoop()
  assert.deepEqual(out, [], 'nothing before the token')
  queue.first('token')
  const event = async (id: number): Promise<void> => {
    await queue.turn(id, signal)
    queue.sent(id, `event ${id}`)
  }
  const events = event(0).then(() => event(1))
  await turnOfTheLoop()
  assert.deepEqual(out, ['token'])
  for (const expected of ['early', 'event 0', 'event 1']) {
    await next()
    assert.equal(out.at(-1), expected)
    assert.equal(out.length, gaps.length, 'each is followed by a gap')
  }
  await events
  assert.ok(GAP_MS >= 100 && gaps.every(gap => gap.length === GAP_MS))
})

test('[wire A2.1] a status waits for the events before it and goes before the rest; events that are not sent take no time', async () => {
  const { queue, out, next, signal } = slow(4)
  queue.first('token')
  queue.add({ text: 'status', before: 6 })
  queue.add({ text: 'answer', before: 0 })
  await next()
  assert.deepEqual(out, ['token', 'answer'])
  await next()
  assert.equal(out.length, 2, 'events 4 and 5 are not out')
  for (const id of [4, 5]) {
    await queue.turn(id, signal)
    queue.sent(id, undefined)
  }
  const turn = queue.turn(6, signal).then(() => queue.sent(6, 'event 6'))
  await turnOfTheLoop()
  assert.deepEqual(out, ['token', 'answer', 'status'])
  await next()
  await turn
  assert.deepEqual(out, ['token', 'answer', 'status', 'event 6'])
})

test('[P38] what waits is bounded: the newest of a kind, the oldest given up, answers wait with their client', async () => {
  const { queue, out, next, signal, ending } = slow()
  queue.first('token')
  for (let i = 0; i < 1_000; i++) queue.add({ text: `try ${i}`, before: 0, key: 'retry' })
  assert.equal(queue.length, 1)
  await next()
  assert.deepEqual(out, ['token', 'try 999'])
  for (let i = 0; i < 1_000; i++) queue.add({ text: `error ${i}`, before: 0 })
  assert.equal(queue.length, 64)
  let hasRoom = false
  const room = queue.room(signal).then(() => {
    hasRoom = true
  })
  await next()
  assert.deepEqual([out.at(-1), hasRoom], ['error 936', false])
  while (queue.length >= 16) await next()
  await room
  for (let i = 0; i < 16; i++) queue.add({ text: 'more', before: 0 })
  const never = assert.rejects(queue.room(signal), /gone/)
  ending.abort(new Error('gone'))
  await never
})

test('[P38] a client that takes nothing is sent nothing, and its reader of the log waits', async () => {
  const taken = Promise.withResolvers<void>()
  const { queue, out, next, signal } = slow(0, () => taken.promise)
  queue.first('token')
  queue.add({ text: 'status', before: 0 })
  const turn = queue.turn(0, signal).then(() => queue.sent(0, 'event'))
  await next()
  assert.deepEqual(out, ['token'])
  taken.resolve()
  await turnOfTheLoop()
  await next()
  await turn
  assert.deepEqual(out, ['token', 'status', 'event'])
})

test('the end of the connection ends a turn', async () => {
  const { queue, signal, ending } = slow()
  queue.first('token')
  const turn = assert.rejects(queue.turn(0, signal), /gone/)
  ending.abort(new Error('gone'))
  await turn
})
