import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from './backoff.ts'
import { MessageCutter, type StreamMessage } from './event-source.ts'

function cut(...chunks: readonly string[]): StreamMessage[] {
  const messages: StreamMessage[] = []
  const cutter = new MessageCutter(message => messages.push(message))
  for (const chunk of chunks) cutter.add(chunk)
  return messages
}

test('a stream is cut into messages wherever its chunks end', () => {
  const stream = 'event: board\ndata: {"a":\ndata: 1}\n\n: still here\n\ndata: x\r\n\r\n'
  const expected = [
    { event: 'board', data: '{"a":\n1}' },
    { event: 'message', data: 'x' },
  ]
  assert.deepEqual(cut(stream), expected)
  assert.deepEqual(cut(...stream), expected)
  for (let at = 1; at < stream.length; at++) assert.deepEqual(cut(stream.slice(0, at), stream.slice(at)), expected)
})

test('a line without an end is refused instead of kept', () => {
  assert.throws(() => cut('data: ', 'x'.repeat(5_000_000)), /no end/)
})

test('[P10] waiting grows, stays bounded, and differs between clients', () => {
  assert.deepEqual(
    [0, 1, 2, 20].map(attempt => backoffMs(attempt, 0.5)),
    [500, 1_000, 2_000, 15_000],
  )
  assert.notEqual(backoffMs(3, 0), backoffMs(3, 1))
})
