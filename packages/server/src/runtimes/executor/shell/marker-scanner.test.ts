import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MarkerScanner } from './marker-scanner.ts'

function scan(input: string, size: number): string[] {
  const seen: string[] = []
  let text = ''
  const flush = (): void => {
    if (text !== '') seen.push(text)
    text = ''
  }
  const scanner = new MarkerScanner('n1', {
    onBytes: bytes => {
      text += bytes.toString('latin1')
    },
    onMarker: fields => {
      flush()
      seen.push(`<${fields.join('|')}>`)
    },
  })
  const bytes = Buffer.from(input, 'latin1')
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size))
  flush()
  return seen
}

test('[P33] markers are found wherever the stream is cut, and the bytes between them are exact', () => {
  const input = 'echo\r\n\x1b]633;n1;C;1\x07a\x1b\x1b]633;n2;D;0\x07\x1b]63\x1b]633;n1;D;0;1;/w\x07tail'
  const expected = ['echo\r\n', '<C|1>', 'a\x1b\x1b]633;n2;D;0\x07\x1b]63', '<D|0|1|/w>', 'tail']
  for (let size = 1; size <= input.length; size++) assert.deepEqual(scan(input, size), expected, `pieces of ${size}`)
})

test('[P17] a marker without end becomes text and is not waited for', () => {
  const input = '\x1b]633;n1;' + 'x'.repeat(20_000)
  assert.deepEqual(scan(input, 1000), [input])
})
