import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import { silence, withDelta, withoutKept } from './live-text.ts'

const envelope = { id: 5, timestamp: '', message: '', source: 'agent' } as const

test('[E7] words gather, start anew where the model does, and go when the log has them', () => {
  const first = withDelta(silence, { of: 'text', cause: 1, text: 'Hel' })
  const both = withDelta(first, { of: 'text', cause: 1, text: 'lo' })
  assert.equal(both.text, 'Hello')
  assert.equal(withDelta(both, { of: 'text', cause: 1, text: 'Oh', restart: true }).text, 'Oh')
  const said: Event = {
    ...envelope,
    action: 'message',
    args: { content: 'Hello', image_urls: null, wait_for_response: false },
  }
  assert.equal(withoutKept(both, said).text, '')
  const asked: Event = { ...said, source: 'user' }
  assert.equal(withoutKept(both, asked).text, 'Hello')
})

test('[E7] the output of a command goes when its observation comes, and only its own', () => {
  const live = withDelta(withDelta(silence, { of: 'output', cause: 1, text: 'a' }), {
    of: 'output',
    cause: 2,
    text: 'b',
  })
  const read: Event = { ...envelope, cause: 1, observation: 'read', content: '', extras: { path: '', impl_source: '' } }
  assert.deepEqual([...withoutKept(live, read).outputs], [[2, 'b']])
})

test('[P18] live output is bounded, and its end is what is kept', () => {
  let live = silence
  for (let i = 0; i < 100; i++)
    live = withDelta(live, { of: 'output', cause: 1, text: `${String(i).padStart(3, '0')}${'x'.repeat(5_000)}` })
  const output = live.outputs.get(1) ?? ''
  assert.ok(output.length <= 64_000)
  assert.ok(output.endsWith('x') && output.includes('099x') && !output.includes('000x'))
})
