import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexLines } from './hex-lines.ts'

test('bytes are shown by place, in hexadecimal and as letters, no more than are asked for', () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, at) => at + 0x30)
  assert.deepEqual(hexLines(bytes, 18).split('\n'), [
    '000000  30 31 32 33 34 35 36 37  01234567',
    '000008  38 39 3a 3b 3c 3d 3e 3f  89:;<=>?',
    `000010  40 41${' '.repeat(18)}  @A`,
  ])
  assert.equal(hexLines(Uint8Array.of(0, 0x7f, 0xff), 512), `000000  00 7f ff${' '.repeat(15)}  ···`)
  assert.equal(hexLines(new Uint8Array(), 512), '')
})
