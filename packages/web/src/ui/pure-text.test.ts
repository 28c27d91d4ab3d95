import assert from 'node:assert/strict'
import { test } from 'node:test'
import { age, dollars, duration, short } from './format.ts'
import { piecesOf } from './hidden-characters.ts'
import { countChanges, lineDiff } from './line-diff.ts'
import { isOwnPicture } from './picture-address.ts'
import { plainOutput } from './plain-output.ts'

test('[S17] hidden characters are found by name, and everything else is left as it is', () => {
  const names = (text: string): (string | undefined)[] => piecesOf(text).map(piece => piece.hidden ?? piece.text)
  assert.deepEqual(names('rm -rf \u202e/'), ['rm -rf ', 'U+202E', '/'])
  assert.deepEqual(names('a\u200bb\u2066c\u{e0041}'), ['a', 'U+200B', 'b', 'U+2066', 'c', 'U+E0041'])
  assert.deepEqual(names('echo\rls'), ['echo', 'U+000D', 'ls'])
  assert.deepEqual(names('x\u00a0y\u034f\ufe0f\u180e'), ['x', 'U+00A0', 'y', 'U+034F', 'U+FE0F', 'U+180E'])
  assert.deepEqual(names('grün\tà la\n日本 👍'), ['grün\tà la\n日本 👍'])
})

test('[S17] output is shown as a terminal would leave it, and nothing in it is obeyed', () => {
  assert.equal(plainOutput('\u001b[31mred\u001b[0m'), 'red')
  assert.equal(plainOutput('\u001b]52;c;aGk=\u0007x\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\'), 'xlink')
  assert.equal(plainOutput('\u001bP$q m\u001b\\ok'), 'ok')
  assert.equal(plainOutput(' 10%\r 50%\r100%\ndone\r\n'), '100%\ndone\n')
  assert.equal(plainOutput('long line\rshort'), 'shortline')
  assert.equal(plainOutput('a\u0007\u0000b\u001b[2'), 'ab')
  assert.equal(plainOutput('tab\tkept'), 'tab\tkept')
})

test('[S16] no picture is loaded from anywhere but this server and the text itself', () => {
  const blob = 'api/conversations/0123456789abcdef0123456789abcdef/blobs/ab12.png'
  for (const url of [blob, `/${blob}`, 'data:image/png;base64,AAAA']) assert.equal(isOwnPicture(url), true, url)
  for (const url of [
    'https://evil.example/x.png',
    '//evil.example/x.png',
    'data:image/svg+xml;base64,AAAA',
    'data:text/html,x',
    `https://evil.example/${blob}`,
    `${blob}/../../x`,
    'api/settings',
    'javascript:alert(1)',
    '',
  ]) {
    assert.equal(isOwnPicture(url), false, url)
  }
})

test('a comparison shows what came and went with three lines around it', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].join('\n')
  const after = ['1', '2', '3', '4', 'five', '6', '7', '8', '9'].join('\n')
  const lines = lineDiff(`${before}\n`, `${after}\n`)
  assert.deepEqual(
    lines.map(({ kind, text }) => `${kind} ${text}`.trim()),
    ['gap', 'same 2', 'same 3', 'same 4', 'removed 5', 'added five', 'same 6', 'same 7', 'same 8', 'gap'],
  )
  assert.deepEqual(countChanges(lines), { added: 1, removed: 1 })
  assert.deepEqual(lineDiff('a\n', 'a\n'), [])
  assert.deepEqual(countChanges(lineDiff('', 'a\nb\n')), { added: 2, removed: 0 })
})

test('a comparison of two very long texts takes bounded work', () => {
  const long = (word: string): string => Array.from({ length: 5_000 }, (_, i) => `${word}${i}`).join('\n')
  assert.deepEqual(countChanges(lineDiff(long('a'), long('b'))), { added: 5_000, removed: 5_000 })
})

test('numbers and times are short', () => {
  assert.deepEqual([0, 0.0123, 0.5, 12].map(dollars), ['$0.00', '$0.0123', '$0.50', '$12.00'])
  assert.deepEqual([12, 1_000, 12_345, 123_456, 3_100_000].map(short), ['12', '1k', '12.3k', '123k', '3.1M'])
  const now = Date.parse('2026-01-02T00:00:00Z')
  assert.equal(age('2026-01-01T23:59:58Z', now), 'now')
  assert.equal(age('2026-01-01T23:55:00Z', now), '5 min. ago')
  assert.equal(age('', now), '')
  assert.deepEqual([400, 12_000, 185_000].map(duration), ['0.4 s', '12 s', '3 min 5 s'])
})
