import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import { LogWindow, MAX_CHARACTERS, MAX_EVENTS } from './log-window.ts'

function words(id: number, content = 'x'): Event {
  const args = { content, image_urls: null, wait_for_response: false }
  return { id, timestamp: '2026-01-01T00:00:00Z', source: 'agent', message: '', action: 'message', args }
}

const range = (from: number, to: number): Event[] => Array.from({ length: to - from }, (_, i) => words(from + i))

test('[P18] a window takes what comes next and what came before, and nothing with a hole', () => {
  const window = LogWindow.at(100, range(100, 110))
  assert.equal(window.withNewer([words(110)]).to, 111)
  assert.equal(window.withNewer([words(112)]), window)
  assert.equal(window.withNewer([words(109)]), window)
  assert.equal(window.withOlder(range(90, 100)).from, 90)
  assert.equal(window.withOlder(range(90, 99)), window)
})

test('[P18] a window stays bounded: what grows at one end is let go at the other', () => {
  const full = LogWindow.at(5_000, range(5_000, 5_000 + MAX_EVENTS))
  const newer = full.withNewer(range(full.to, full.to + 50))
  assert.deepEqual([newer.events.length, newer.from, newer.to], [MAX_EVENTS, 5_050, 5_050 + MAX_EVENTS])
  const older = full.withOlder(range(4_900, 5_000))
  assert.deepEqual([older.events.length, older.from, older.to], [MAX_EVENTS, 4_900, 4_900 + MAX_EVENTS])
})

test('[P18] long texts are let go before there are many of them; the newest one is always held', () => {
  const long = 'x'.repeat(MAX_CHARACTERS / 4)
  const window = LogWindow.at(
    0,
    [0, 1, 2, 3, 4, 5].map(id => words(id, long)),
  )
  assert.equal(window.events.length, 3)
  assert.equal(window.from, 3)
  const huge = LogWindow.at(0, [words(0, long.repeat(8))])
  assert.equal(huge.events.length, 1)
})
