import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEAD, kindOf, MOST_EDITED, mostOf } from './file-kind.ts'

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
  assert.deepEqual(kindOf(png, png.length + 1), { kind: 'binary' })
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
