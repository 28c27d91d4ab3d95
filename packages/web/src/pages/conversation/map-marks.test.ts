import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '../../store/rows.ts'
import { messageFrom, placesOf } from './map-marks.ts'

const user = (id: number, withdrawn = false): Row => ({ kind: 'user', id, at: '', text: 'do', images: [], withdrawn })
const words = (id: number): Row => ({ kind: 'words', id, at: '', text: 'so', asks: false })
const trouble = (id: number): Row => ({ kind: 'trouble', id, at: '', text: 'no', code: '' })
const end = (id: number, done: boolean): Row => ({ kind: 'end', id, at: '', text: '', done })
const note = (id: number): Row => ({ kind: 'note', id, at: '', text: '', of: 'paused' })
const act = (id: number, confirmation_state: 'confirmed' | 'awaiting_confirmation'): Row => ({
  kind: 'act',
  id,
  at: '',
  action: {
    id,
    timestamp: '',
    message: '',
    source: 'agent',
    action: 'browse',
    args: { url: 'http://a', thought: '', confirmation_state },
  },
  observation: undefined,
  decision: undefined,
})

test('each row has a place of its own as long as there is room', () => {
  const rows = [
    user(0),
    words(1),
    act(2, 'confirmed'),
    act(3, 'awaiting_confirmation'),
    trouble(4),
    end(5, true),
    note(6),
    user(7, true),
  ]
  assert.deepEqual(
    placesOf(rows, 100).map(({ mark }) => mark),
    ['user', 'words', 'act', 'waiting', 'trouble', 'done', 'other', 'other'],
  )
  assert.deepEqual(placesOf([], 100), [])
})

test('[P18] of many rows the weightiest of each stretch is shown, and it is what the place leads to', () => {
  const rows = Array.from({ length: 4_000 }, (_, id) => (id === 1_234 ? trouble(id) : words(id)))
  const places = placesOf(rows, 100)
  assert.equal(places.length, 100)
  assert.deepEqual(
    places.filter(({ mark }) => mark === 'trouble'),
    [{ mark: 'trouble', row: 1_234 }],
  )
  assert.deepEqual(places[0], { mark: 'words', row: 0 })
})

test('from message to message', () => {
  const rows = [user(0), words(1), user(2), words(3)]
  assert.deepEqual(
    [messageFrom(rows, 1, 1), messageFrom(rows, 1, -1), messageFrom(rows, 2, 1), messageFrom(rows, 0, -1)],
    [2, 0, undefined, undefined],
  )
})
