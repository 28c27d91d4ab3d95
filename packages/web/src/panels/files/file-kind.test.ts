import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEAD, isDrawing, kindOf, MOST_EDITED, mostOf } from './file-kind.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)
const whole = (bytes: Uint8Array): ReturnType<typeof kindOf> => kindOf(bytes, bytes.length)

test('[S15] a picture is one by its bytes, and what can hold a script is none', () => {
  assert.deepEqual(whole(png), { kind: 'picture', type: 'image/png' })
  assert.deepEqual(whole(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), { kind: 'picture', type: 'image/jpeg' })
  assert.deepEqual(whole(bytesOf('RIFF\0\0\0\0WEBPVP8 ')), { kind: 'picture', type: 'image/webp' })
  for (const text of ['<svg onload="alert(1)"/>', '<html><script>1</script>', '<?xml version="1.0"?><x/>'])
    assert.deepEqual(whole(bytesOf(text)), { kind: 'text', text })
  assert.deepEqual(whole(bytesOf('%PDF-1.7\n')), { kind: 'pdf' })
  // Called a picture, and none.
  assert.equal(whole(bytesOf('\0\0<svg/>')).kind, 'binary')
  // Half a picture is not drawn.
  assert.deepEqual(kindOf(png, png.length + 1), { kind: 'binary', what: 'tooBig' })
})

test('[S15] a drawing is text that says so itself; a page or a text about one is none', () => {
  const head = '<?xml version="1.0"?>\n<!-- made by hand -->\n<!DOCTYPE svg PUBLIC "a" "b">\n'
  for (const text of ['<svg/>', '<svg>', ' \n<SVG width="1">', `${head}<svg xmlns="x">`])
    assert.equal(isDrawing(text), text !== '<svg/>', text)
  for (const text of ['', '<svgs>', '<html><svg></svg>', 'the <svg> element'])
    assert.equal(isDrawing(text), false, text)
  assert.equal(isDrawing(`<svg>${' '.repeat(2 ** 20)}`), false)
})

test('what can be played is told by its bytes, and so is what can only be fetched', () => {
  const table: readonly (readonly [bytes: string, kind: object])[] = [
    ['\0\0\0\x20ftypisom\0', { kind: 'film', type: 'video/mp4' }],
    ['\0\0\0\x20ftypM4A \0', { kind: 'sound', type: 'audio/mp4' }],
    ['\x1a\x45\xdf\xa3\0', { kind: 'film', type: 'video/webm' }],
    ['ID3\x04\0', { kind: 'sound', type: 'audio/mpeg' }],
    ['RIFF\0\0\0\0WAVEfmt ', { kind: 'sound', type: 'audio/wav' }],
    ['PK\x03\x04\0', { kind: 'binary', what: 'zip' }],
    ['\x1f\x8b\x08\0', { kind: 'binary', what: 'gzip' }],
    ['\x7fELF\0', { kind: 'binary', what: 'program' }],
    ['SQLite format 3\0', { kind: 'binary', what: 'database' }],
    [`${'a'.repeat(257)}ustar\0`, { kind: 'binary', what: 'tar' }],
    ['\0\x01\x02', { kind: 'binary', what: 'other' }],
  ]
  for (const [bytes, kind] of table) assert.deepEqual(whole(Uint8Array.from(bytes, c => c.charCodeAt(0))), kind, bytes)
  const film = Uint8Array.from('\0\0\0\x20ftypisom', c => c.charCodeAt(0))
  assert.deepEqual(kindOf(film, 1_000), { kind: 'binary', what: 'tooBig' })
  assert.ok(mostOf('a.MP4') > mostOf('a.png'))
})

test('text is what can be read as such, to the letter', () => {
  for (const text of ['', 'a', 'ä€😀\n', '\ufeffwith a mark'])
    assert.deepEqual(whole(bytesOf(text)), { kind: 'text', text })
  assert.equal(whole(Uint8Array.of(0x61, 0xff, 0x62)).kind, 'binary')
  assert.equal(whole(Uint8Array.of(0x61, 0, 0x62)).kind, 'binary')
  assert.equal(whole(Uint8Array.of(0xc3)).kind, 'binary')
})

test('of a text that is too big to be edited the head is shown, wherever it ends in a character', () => {
  const bytes = bytesOf('€'.repeat(MOST_EDITED / 2))
  const shown = kindOf(bytes.subarray(0, MOST_EDITED), bytes.length)
  assert.equal(shown.kind, 'text')
  assert.equal(shown.kind === 'text' && shown.text, '€'.repeat(Math.floor(HEAD / 3)))
})

test('more of a picture is loaded than of anything else', () => {
  assert.ok(mostOf('a/b.PNG') > mostOf('a/b.txt'))
  assert.equal(mostOf('png'), MOST_EDITED)
})
