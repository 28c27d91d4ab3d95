import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorFrame } from '@openhands/protocol'
import { MAX_FRAME_BYTES, readFrame } from './read-frame.ts'

function refused(text: string | Buffer, isBinary = false): ErrorFrame {
  const read = readFrame(Buffer.from(text), isBinary)
  assert.equal(read.ok, false, String(text).slice(0, 100))
  return read.ok ? assert.fail() : read.error
}

test('[wire D2.1] what is no frame is told apart', () => {
  assert.deepEqual(refused('{'), { error: true, code: 'invalid_json', message: 'Invalid JSON' })
  assert.equal(refused('').code, 'invalid_json')
  assert.equal(refused('{}', true).code, 'binary_frame')
  assert.equal(refused(' '.repeat(MAX_FRAME_BYTES + 1)).code, 'frame_too_large')
  assert.equal(refused(' '.repeat(MAX_FRAME_BYTES)).code, 'invalid_json', 'the limit itself is allowed')
  assert.match(refused(' '.repeat(MAX_FRAME_BYTES + 1)).message, new RegExp(String(MAX_FRAME_BYTES)))
  for (const text of ['null', '1', '"x"', '[]', '[{"action":"message"}]'])
    assert.equal(refused(text).field, 'frame', text)
})

test('[S35] nesting that no stack bears is refused by name, wherever it stands', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
  assert.equal(refused(deep(100_000)).field, 'frame')
  assert.equal(refused(`{"action":"finish","args":{"outputs":{"x":${deep(100_000)}}}}`).field, 'args')
  assert.equal(refused(`{"action":"finish","args":{},"more":${deep(100_000)}}`).field, 'more')
  assert.equal(refused(`{"action":"finish","args":{},"${'m'.repeat(9_000)}":${deep(101)}}`).field?.length, 501)
  const shallow = Buffer.from(`{"action":"finish","args":{"outputs":{"x":${deep(90)}}}}`)
  assert.equal(readFrame(shallow, false).ok, true)
})

test('[S35] a refusal is not as long as what it refuses', () => {
  const { message, field } = refused(`{"action":"${'x'.repeat(1_000_000)}😀"}`)
  assert.ok(message.length < 600 && field === 'action')
  assert.ok(
    JSON.stringify(refused(`{"action":"run","args":{"command":"x","${'k'.repeat(100_000)}":1}}`)).length < 1_500,
  )
})

test('[S35] names from the prototype are names like any other', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    assert.equal(refused(`{"action":"${name}","args":{}}`).field, 'action', name)
  const read = readFrame(
    Buffer.from('{"action":"message","args":{"content":"x","__proto__":{"polluted":true}}}'),
    false,
  )
  assert.ok(!read.ok || !JSON.stringify(read.frame).includes('polluted'))
  assert.equal('polluted' in {}, false)
})
