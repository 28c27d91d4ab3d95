import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TerminalText } from './terminal-text.ts'

const esc = '\x1b'
const cases: readonly (readonly [name: string, input: string, output: string])[] = [
  ['plain lines', 'a\r\nb\r\n', 'a\nb\n'],
  ['bare line feeds', 'a\nb', 'a\nb'],
  ['nothing', '', ''],
  ['tabs stay', 'a\tb', 'a\tb'],
  ['a progress bar shows its last state', '10%\r50%\r100%\r\ndone\r\n', '100%\ndone\n'],
  ['a shorter state keeps the rest of the longer one', 'abcdef\rxy\n', 'xycdef\n'],
  ['erase to the end of the line', `abcdef\rxy${esc}[K\n`, 'xy\n'],
  ['erase the whole line', `abc${esc}[2K\rx\n`, 'x\n'],
  ['backspace', 'abx\bc\n', 'abc\n'],
  ['colours', `${esc}[1;31mred${esc}[0m${esc}[38;5;1mx${esc}[m\n`, 'redx\n'],
  ['titles and links', `${esc}]0;title\x07a${esc}]8;;http://x${esc}\\link${esc}]8;;${esc}\\\n`, 'alink\n'],
  ['character sets and keypad modes', `${esc}(Ba${esc}=b${esc}>c\n`, 'abc\n'],
  ['bells and nulls', 'a\x07\x00b\n', 'ab\n'],
  ['two bars, one above the other', `one\ntwo\n${esc}[2AONE\n${esc}[1BTHREE\n`, 'ONE\ntwo\nTHREE\n'],
  ['erase below', `a\nb\nc${esc}[1A\r${esc}[Jz\n`, 'a\nz\n'],
  ['a full-screen program leaves nothing', `a\n${esc}[?1049h${esc}[Hpicture\n${esc}[?1049lb\n`, 'a\nb\n'],
  ['columns', `abc${esc}[1Gx${esc}[5Gy\n`, 'xbc y\n'],
  ['an escape that is none', `a${esc}\nb\n`, 'a\nb\n'],
  ['umlauts and emoji', 'ä😀\r\n', 'ä😀\n'],
]

for (const [name, input, output] of cases) {
  test(`[P33] ${name}, wherever the stream is cut`, () => {
    for (let size = 1; size <= Math.max(1, input.length); size++) {
      const text = new TerminalText(1000)
      for (let at = 0; at < input.length; at += size) text.write(input.slice(at, at + size))
      assert.equal(text.take(), output, `pieces of ${size}`)
    }
  })
}

test('[P06] what was taken is not given again, and an answer follows its prompt', () => {
  const text = new TerminalText(1000)
  text.write('Name: ')
  assert.equal(text.take(), 'Name: ')
  text.write('Bob\r\nHello Bob\r\n')
  assert.equal(text.take(), 'Bob\nHello Bob\n')
})

test('[P17] an endless text keeps its head and its tail and says what is missing', () => {
  const text = new TerminalText(1000)
  let bytes = 0
  for (let line = 0; line < 50_000; line++) {
    text.write(`line ${line}\r\n`)
    bytes += `line ${line}\n`.length
  }
  const result = text.take()
  assert.ok(result.startsWith('line 0\nline 1\n'))
  assert.ok(result.endsWith('line 49998\nline 49999\n'))
  const missing = Number(/\[(\d+) bytes were left out here\]\n/.exec(result)?.[1])
  assert.equal(missing + 1000, bytes)
})

for (const [name, piece] of [
  ['short lines', 'y\r\n'.repeat(20_000)],
  ['one line', 'x'.repeat(60_000)],
  ['a bar', '\r123456789'.repeat(6_000)],
  ['an endless title', `${esc}]0;${'t'.repeat(60_000)}`],
  ['colours', `${esc}[31ma`.repeat(10_000)],
  ['one line in small pieces', 'x'],
] as const) {
  test(`[P33] [P17] the work is linear: ${name}`, () => {
    const text = new TerminalText(30_000)
    const started = performance.now()
    for (let size = 0; size < 6_000_000; size += Math.max(600, piece.length)) text.write(piece)
    assert.ok(text.take().length < 31_000)
    assert.ok(performance.now() - started < 5_000)
  })
}

test('[P17] a cursor sent far away costs no memory', () => {
  const text = new TerminalText(1000)
  for (let round = 0; round < 1000; round++) text.write(`${esc}[999999999Cx${esc}[999999999B${esc}[999999999Gy`)
  assert.ok(text.take().length < 1100)
})

test('[P33] a line longer than what can be written over is the same, whatever pieces it came in', () => {
  const bytes = `${'z'.repeat(5250)}  0%\rdone\n${'a'.repeat(9000)}\rb\n`
  const results = [1, 7, 4096, 5250, 6000, bytes.length].map(size => {
    const text = new TerminalText(30_000)
    for (let at = 0; at < bytes.length; at += size) text.write(bytes.slice(at, at + size))
    return text.take()
  })
  assert.deepEqual(new Set(results).size, 1)
  assert.match(results[0] ?? '', /^z{4096}donez+ {2}0%\na{8192}ba+\n$/)
})
